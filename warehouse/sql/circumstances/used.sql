-- One row per (owner of the case, device): from when until when it was used.
create temp table used as
select
    m.owner_id,
    l.device_hmac as value_hash,
    min(l.ts) as first_seen,
    max(l.ts) as last_seen
from read_parquet($logins, hive_partitioning = false) l
join members m on m.account_id = l.account_id
where l.ts < $until and l.device_hmac is not null
group by m.owner_id, l.device_hmac
