-- One row per owner that could turn out to copy somebody: those of whom a replay was seen.
create temp table watched as
select distinct owner
from traders
where owner_id in (
    select owner_a from replays
    union all
    select owner_b from replays
)
