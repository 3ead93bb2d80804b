-- One row per (owner, device): when and how often the owner logged in from it. Accounts of one owner
-- count as one; the smallest account id stands for them. What an account showed before it changed hands
-- is left out: it was somebody else's.
create temp table devices as
with logins as (
    select account_id, device_hmac, ts
    from read_parquet($files, hive_partitioning = false)
    where ts < $until and device_hmac is not null
)
select
    a.owner_id,
    min(l.account_id) as account_id,
    'device' as signal,
    l.device_hmac as value_hash,
    min(l.ts) as first_seen,
    max(l.ts) as last_seen,
    count(*) as sightings
from logins l
join accounts a on a.account_id = l.account_id
left join hand_overs h on h.account_id = l.account_id
where h.begins is null or l.ts >= h.begins
group by a.owner_id, l.device_hmac
