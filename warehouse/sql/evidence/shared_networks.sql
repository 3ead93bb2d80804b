-- One row per (owner, address, hour) in which the owner met another one, at addresses that at most
-- $cap owners used at any hour; holders says how many.
with holders as (
    select value_hash, cast(count(distinct owner_id) as integer) as holders
    from network_hours
    group by value_hash
),
rare as (
    select n.owner_id, n.account_id, n.value_hash, n.hour, n.sightings, h.holders
    from network_hours n
    join holders h on h.value_hash = n.value_hash
    where h.holders between 2 and $cap
),
met as (
    select *, count(*) over (partition by value_hash, hour) as present from rare
)
select owner_id, account_id, value_hash, hour, sightings, holders
from met
where present >= 2
order by owner_id, value_hash, hour
