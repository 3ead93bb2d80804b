-- One row per move that decides or proposes to: a proposal, a decision, an upheld appeal, an
-- acknowledgement. What it rests on besides the evidence.
create table case_decisions as
select d.case_id, d.seq, m.move, d.facts, d.reach_season, d.reach_week
from house.case_decisions as d
join house.case_moves as m using (case_id, seq)
order by d.case_id, d.seq;

comment on table case_decisions is 'One row per move that says what owners keep: a decision, the proposal of one, an upheld appeal or an acknowledgement.';
comment on column case_decisions.case_id is 'The case.';
comment on column case_decisions.seq is 'The move (case_moves.seq).';
comment on column case_decisions.move is 'propose, confirm, partly, dismiss, uphold or acknowledge.';
comment on column case_decisions.facts is 'What the policy was asked about, canonical JSON: accounts, owners, shared_devices (how many), score_millionths, families, declared_group, kinds (of owners whose accounts are not all retail). Counts alone, no device and no address. {} for an upheld appeal or an acknowledgement, where no policy is asked.';
comment on column case_decisions.reach_season is 'Season of the earliest week that it takes own points of; null where it reaches back to none.';
comment on column case_decisions.reach_week is 'That week, likewise.';
