-- One row per owner who logged in: how often, from how many devices and addresses, how often from the
-- device it used most, and at what hours.
create temp table presence as
with logins as (
    select
        a.owner_id,
        l.device_hmac,
        l.ip_hmac,
        l.ts,
        2 * pi() * (epoch_us(l.ts) // 3600000000 % 24) / 24 as clock
    from read_parquet($files, hive_partitioning = false) l
    join accounts a on a.account_id = l.account_id
    where l.ts < $until
),
by_device as (
    select owner_id, device_hmac, count(*) as logins
    from logins
    where device_hmac is not null
    group by owner_id, device_hmac
),
main as (
    select owner_id, max(logins) as main_device_logins from by_device group by owner_id
)
select
    l.owner_id,
    count(*) as logins,
    count(distinct cast(l.ts as date)) as login_days,
    count(distinct l.device_hmac) as devices,
    count(distinct l.ip_hmac) as addresses,
    count(l.device_hmac) as device_logins,
    coalesce(max(m.main_device_logins), 0) as main_device_logins,
    sum(cast(round(1000 * cos(l.clock)) as bigint)) as login_east_millis,
    sum(cast(round(1000 * sin(l.clock)) as bigint)) as login_north_millis
from logins l
left join main m on m.owner_id = l.owner_id
group by l.owner_id
