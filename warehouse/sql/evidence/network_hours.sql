-- One row per (owner, address, UTC hour): two owners at one address are evidence only when they were
-- there at about the same time. What came before an account changed hands is left out.
create temp table network_hours as
with logins as (
    select account_id, ip_hmac, date_trunc('hour', ts) as hour
    from read_parquet($files, hive_partitioning = false)
    where ts < $until and ip_hmac is not null
)
select
    a.owner_id,
    min(l.account_id) as account_id,
    l.ip_hmac as value_hash,
    l.hour,
    count(*) as sightings
from logins l
join accounts a on a.account_id = l.account_id
left join hand_overs h on h.account_id = l.account_id
where h.begins is null or l.hour >= date_trunc('hour', h.begins)
group by a.owner_id, l.ip_hmac, l.hour
