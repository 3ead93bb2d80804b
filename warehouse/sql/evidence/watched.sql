-- One row per owner that could turn out to copy somebody: those of whom a replay was seen.
create temp table watched as
select distinct t.owner
from replays r
join traders t on t.owner_id = r.owner_a or t.owner_id = r.owner_b
