-- One row per owner of the case that has devices: how many (the table used), and how many of them no
-- other owner of the case was seen on.
with counted as (
    select owner_id, value_hash, count(*) over (partition by value_hash) as owners from used
)
select owner_id, count(*) as devices, count(*) filter (where owners = 1) as own_devices
from counted
group by owner_id
order by owner_id
