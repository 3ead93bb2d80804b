-- One row per (owner, device): when and how often the owner logged in from it, and how often from any
-- device since it first used this one, which says whether it is the owner's main device or one that it
-- visited. Accounts of one owner count as one; the smallest account id stands for them. What an account
-- showed before it changed hands is left out: it was somebody else's.
create temp table devices as
with logins as (
    select account_id, device_hmac, ts
    from read_parquet($files, hive_partitioning = false)
    where ts < $until and device_hmac is not null
),
theirs as (
    select
        a.owner_id,
        l.account_id,
        l.device_hmac,
        l.ts,
        count(*) over (
            partition by a.owner_id order by l.ts
            range between current row and unbounded following
        ) as logins_since
    from logins l
    join accounts a on a.account_id = l.account_id
    left join hand_overs h on h.account_id = l.account_id
    where h.begins is null or l.ts >= h.begins
)
select
    owner_id,
    min(account_id) as account_id,
    'device' as signal,
    device_hmac as value_hash,
    min(ts) as first_seen,
    max(ts) as last_seen,
    count(*) as sightings,
    max(logins_since) as logins_since
from theirs
group by owner_id, device_hmac
