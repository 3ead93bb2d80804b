-- One row per case that is final: which settle run made it so.
create table settlements as
select case_id, key, settled_at
from house.settlements
order by settled_at, case_id;

comment on table settlements is 'One row per case that a settle run made final. Promise: a case is settled once.';
comment on column settlements.case_id is 'The case.';
comment on column settlements.key is 'Of the run; its batches have the same key (batches.key).';
comment on column settlements.settled_at is 'When, UTC.';
