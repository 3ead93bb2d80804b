-- One row per (account, role): what an account took and what it answered. Sizes, roundness and hours are
-- counted of takes alone, for the one who answers chooses neither the size nor the hour. Logarithms
-- and places on the clock are whole thousandths of each fill before they are added, so that no sum
-- depends on the order of its parts. What was busted never happened.
create temp table traded as
with busted as (
    select busts as fill_id
    from read_parquet($files, hive_partitioning = false)
    where ts < $until and busts is not null
),
stood as not materialized (
    select f.*
    from read_parquet($files, hive_partitioning = false) f
    anti join busted b on b.fill_id = f.fill_id
    where f.ts < $until and f.busts is null
),
measured as (
    select
        taker_id,
        ts,
        notional_usd,
        taker_fee_usd,
        realised_pnl_taker_usd,
        cast(round(1000 * ln(greatest(cast(notional_usd as double), 0.01))) as bigint) as size,
        cast(quantity as double) / pow(10, floor(log10(nullif(cast(quantity as double), 0))) - 1)
            as digits,
        2 * pi() * (epoch_us(ts) // 3600000000 % 24) / 24 as clock
    from stood
)
-- A round amount has one or two digits before its zeros.
select
    taker_id as account_id,
    count(*) as fills,
    count(*) as takes,
    sum(notional_usd) as notional,
    sum(notional_usd) as taken,
    sum(taker_fee_usd) as fees,
    sum(realised_pnl_taker_usd) as pnl,
    sum(size) as sizes,
    sum(size * size) as square_sizes,
    count(*) filter (where abs(digits - round(digits)) < 0.000001) as round_takes,
    sum(cast(round(1000 * cos(clock)) as bigint)) as east,
    sum(cast(round(1000 * sin(clock)) as bigint)) as north,
    min(ts) as first_at,
    max(ts) as last_at
from measured
group by taker_id
union all
select
    maker_id,
    count(*),
    0,
    sum(notional_usd),
    0,
    sum(maker_fee_usd),
    sum(realised_pnl_maker_usd),
    0,
    0,
    0,
    0,
    0,
    min(ts),
    max(ts)
from stood
group by maker_id
