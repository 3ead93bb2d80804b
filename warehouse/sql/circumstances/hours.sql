-- One row per (owner of the case, UTC hour of the day): how often it logged in at that hour.
select
    m.owner_id,
    cast(extract('hour' from l.ts) as integer) as hour,
    count(*) as logins
from read_parquet($logins, hive_partitioning = false) l
join members m on m.account_id = l.account_id
where l.ts < $until
group by m.owner_id, hour
order by m.owner_id, hour
