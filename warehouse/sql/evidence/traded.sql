-- One row per (account, market, day, role): what an account traded there. Sizes, roundness and hours are
-- counted of takes alone, for the one who answers chooses neither the size nor the hour. Logarithms
-- and places on the clock are whole thousandths of each fill before they are added, so that no sum
-- depends on the order of its parts. What was busted never happened.
create temp table traded as
with busted as (
    select busts as fill_id
    from read_parquet($files, hive_partitioning = false)
    where ts < $until and busts is not null
),
stood as (
    select
        f.*,
        case when f.taker_side = 'buy' then f.notional_usd else -f.notional_usd end as bought,
        cast(round(1000 * ln(greatest(cast(f.notional_usd as double), 0.01))) as bigint) as size,
        cast(f.quantity as double) as amount,
        2 * pi() * (epoch_us(f.ts) // 3600000000 % 24) / 24 as clock
    from read_parquet($files, hive_partitioning = false) f
    anti join busted b on b.fill_id = f.fill_id
    where f.ts < $until and f.busts is null
),
-- A round amount has one or two digits before its zeros.
sized as (
    select
        *,
        amount / pow(10, floor(log10(nullif(amount, 0))) - 1) as digits,
        cast(round(1000 * cos(clock)) as bigint) as east,
        cast(round(1000 * sin(clock)) as bigint) as north
    from stood
)
select
    taker_id as account_id,
    market,
    cast(ts as date) as day,
    count(*) as fills,
    count(*) as takes,
    sum(notional_usd) as notional,
    sum(notional_usd) as taken,
    sum(bought) as bought,
    sum(taker_fee_usd) as fees,
    sum(realised_pnl_taker_usd) as pnl,
    sum(size) as sizes,
    sum(size * size) as square_sizes,
    count(*) filter (where abs(digits - round(digits)) < 0.000001) as round_takes,
    sum(east) as east,
    sum(north) as north,
    min(ts) as first_at,
    max(ts) as last_at
from sized
group by taker_id, market, day
union all
select
    maker_id,
    market,
    cast(ts as date) as day,
    count(*),
    0,
    sum(notional_usd),
    0,
    -sum(bought),
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
group by maker_id, market, day
