-- One row per address that more than $cap owners used, a carrier's gateway say: cut, and told.
select
    'network' as family,
    'network' as signal,
    value_hash,
    cast(count(distinct owner_id) as integer) as holders
from network_hours
group by value_hash
having count(distinct owner_id) > $cap
order by value_hash
