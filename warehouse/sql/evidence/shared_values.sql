-- One row per (owner, signal, value) of values that at least two owners hold and at most $cap: only
-- those can be evidence, and they are few.
with counted as (
    select *, count(*) over (partition by signal, value_hash) as holders from seen
)
select owner_id, account_id, signal, value_hash, first_seen, last_seen, sightings
from counted
where signal = $signal and holders between 2 and $cap
order by owner_id, value_hash
