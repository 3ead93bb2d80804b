-- One row per (device, owner) of the devices that several owners of the case were seen on.
select value_hash, owner_id, first_seen, last_seen
from used
qualify count(*) over (partition by value_hash) > 1
order by value_hash, first_seen, owner_id
