-- One row per account that changed hands, by all signs: within $days days it was moved to another
-- country, was never again used from a device that it had, came with devices that it had not, and
-- where it withdrew on both sides of the change, the destinations differ. begins is when the first new
-- device was seen; what the account shows before then is somebody else's.
create temp table hand_overs as
with versions as (
    select
        account_id,
        changed_at,
        country,
        lag(country) over (partition by account_id order by changed_at) as country_before
    from read_parquet($accounts, hive_partitioning = false)
    where changed_at < $until
),
moved as (
    select account_id, changed_at
    from versions
    where country is distinct from country_before
        and country is not null and country_before is not null
),
devices as (
    select account_id, device_hmac, min(ts) as first_seen, max(ts) as last_seen
    from read_parquet($logins, hive_partitioning = false)
    where ts < $until and device_hmac is not null
        and account_id in (select account_id from moved)
    group by account_id, device_hmac
),
-- The last device of the old hands and the first of the new ones, around each move.
switched as (
    select
        m.account_id,
        m.changed_at,
        min(d.first_seen) filter (
            where d.first_seen >= m.changed_at - to_days($days)
                and d.first_seen <= m.changed_at + to_days($days)
        ) as begins,
        max(d.last_seen) filter (where d.first_seen < m.changed_at - to_days($days)) as old_until,
        min(d.first_seen) as known_since
    from moved m
    join devices d on d.account_id = m.account_id
    group by m.account_id, m.changed_at
),
sinks as (
    select source as account_id, destination, ts
    from read_parquet($transfers, hive_partitioning = false)
    where ts < $until and source in (select account_id from moved)
),
same_sinks as (
    select distinct b.account_id, w.changed_at
    from switched w
    join sinks b on b.account_id = w.account_id and b.ts < w.begins
    join sinks a on a.account_id = w.account_id and a.ts >= w.begins
        and a.destination = b.destination
),
new_sinks as (
    select distinct w.account_id, w.changed_at
    from switched w
    join sinks a on a.account_id = w.account_id and a.ts >= w.begins
)
select w.account_id, min(w.begins) as begins
from switched w
join new_sinks n on n.account_id = w.account_id and n.changed_at = w.changed_at
anti join same_sinks s on s.account_id = w.account_id and s.changed_at = w.changed_at
where w.begins is not null and w.known_since < w.begins
    and w.old_until <= w.begins + to_days($days)
group by w.account_id
order by w.account_id
