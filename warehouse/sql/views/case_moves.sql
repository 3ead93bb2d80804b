-- One row per move of a case; append-only.
create table case_moves as
select case_id, seq, move, state, moved_by, moved_at, reason, evidence_sha256
from house.case_moves
order by case_id, seq;

comment on table case_moves is 'One row per move of a case, in the order in which they were made. Nothing here is ever changed.';
comment on column case_moves.case_id is 'The case.';
comment on column case_moves.seq is 'Number of the move in its case.';
comment on column case_moves.move is 'opened, gained (new evidence) or reopened by the detection; confirm or dismiss by a moderator.';
comment on column case_moves.state is 'State after the move: open, confirmed or dismissed.';
comment on column case_moves.moved_by is 'The detection run or the moderator.';
comment on column case_moves.moved_at is 'When, UTC.';
comment on column case_moves.reason is 'As they wrote it.';
comment on column case_moves.evidence_sha256 is 'Digest of the evidence that lay before them.';
