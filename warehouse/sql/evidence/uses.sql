-- One row per (owner, device) of devices that at least two owners used and at most $cap: how often the
-- owner logged in, from any device, since it first used this one.
with counted as (
    select *, count(*) over (partition by value_hash) as holders from devices
)
select owner_id, value_hash, logins_since
from counted
where holders between 2 and $cap
order by owner_id, value_hash
