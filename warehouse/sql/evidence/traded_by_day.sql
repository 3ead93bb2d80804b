-- One row per (owner, market, day): what was traded and what was bought of it, in cents. Owner, market
-- and day are one number, for there are nearly as many rows as fills.
create temp table traded_by_day as
with busted as (
    select busts as fill_id
    from read_parquet($files, hive_partitioning = false)
    where ts < $until and busts is not null
),
markets as (
    select market, row_number() over (order by market) as number
    from (select distinct market from read_parquet($files, hive_partitioning = false))
),
stood as (
    select
        f.maker_id,
        f.taker_id,
        m.number * 65536 + epoch_us(f.ts) // 86400000000 as place,
        cast(f.notional_usd * 100 as bigint) as cents,
        case when f.taker_side = 'buy' then 1 else -1 end as side
    from read_parquet($files, hive_partitioning = false) f
    join markets m on m.market = f.market
    anti join busted b on b.fill_id = f.fill_id
    where f.ts < $until and f.busts is null
),
legs as (
    select a.owner * 4294967296 + s.place as place, s.cents, s.side * s.cents as bought
    from stood s
    join accounts a on a.account_id = s.taker_id
    union all
    select a.owner * 4294967296 + s.place, s.cents, -s.side * s.cents
    from stood s
    join accounts a on a.account_id = s.maker_id
),
cells as (
    select place, cast(sum(cents) as bigint) as cents, cast(sum(bought) as bigint) as bought
    from legs
    group by place
)
select
    place // 4294967296 as owner,
    place // 65536 % 65536 as market,
    place % 65536 as day,
    cents,
    bought
from cells
