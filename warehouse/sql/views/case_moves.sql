-- One row per move of a case; append-only.
create table case_moves as
select
    case_id, seq, number, move, state, moved_by, moved_at, reason, evidence_sha256, owner_id,
    policy_sha256, until
from house.case_moves
order by case_id, seq;

comment on table case_moves is 'One row per move of a case, in the order in which they were made. Nothing here is ever changed.';
comment on column case_moves.case_id is 'The case.';
comment on column case_moves.seq is 'Number of the move in its case.';
comment on column case_moves.number is 'Number of the move over all cases, from 1, in the order in which they were made.';
comment on column case_moves.move is 'By the detection: opened, gained (new evidence) or reopened. By people: review, propose (the first of two), confirm, partly (some accounts are cleared), dismiss, agree (a second person, later), notice, appeal, uphold, reject, withdraw, acknowledge (found wrong too late). By a settle run: settle.';
comment on column case_moves.state is 'State after the move; see cases.state.';
comment on column case_moves.moved_by is 'The detection run, the person or the settle run.';
comment on column case_moves.moved_at is 'When, UTC.';
comment on column case_moves.reason is 'As they wrote it.';
comment on column case_moves.evidence_sha256 is 'Digest of the evidence that lay before them.';
comment on column case_moves.owner_id is 'Whom an appeal, its answer or an acknowledgement concerns; null where it is all.';
comment on column case_moves.policy_sha256 is 'The policy that a decision or a proposal went by (policies), else null.';
comment on column case_moves.until is 'Of a notice: appeals are open until then, UTC; else null.';
