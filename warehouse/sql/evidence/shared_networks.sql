-- One row per (owner, address, hour) of addresses that at least two owners used and at most $cap.
with holders as (
    select value_hash, count(distinct owner_id) as holders from network_hours group by value_hash
)
select n.owner_id, n.account_id, n.value_hash, n.hour, n.sightings
from network_hours n
join holders h on h.value_hash = n.value_hash
where h.holders between 2 and $cap
order by n.owner_id, n.value_hash, n.hour
