-- One row per fill that stood with at least one trader (the table traders): who made it, who took it,
-- in which market. Null is who is no trader: the exchange itself and declared market makers. Owners,
-- accounts and markets are numbers, sums whole cents and quantities whole millionths: millions of rows
-- stay small, and add up to the same in any order. What was busted never happened.
create temp table stood as
with busted as (
    select busts as fill_id
    from read_parquet($files, hive_partitioning = false)
    where ts < $until and busts is not null
)
select
    m.owner as maker,
    m.account as maker_account,
    t.owner as taker,
    t.account as taker_account,
    k.number as market,
    f.taker_side = 'buy' as buys,
    epoch_us(f.ts) as us,
    cast(round(cast(f.notional_usd as double) * 100) as bigint) as cents,
    cast(round(least(cast(f.quantity as double), 1e12) * 1000000) as bigint) as millionths
from read_parquet($files, hive_partitioning = false) f
anti join busted b on b.fill_id = f.fill_id
join markets k on k.market = f.market
left join traders t on t.account_id = f.taker_id
left join traders m on m.account_id = f.maker_id
where f.ts < $until and f.busts is null and (t.owner is not null or m.owner is not null)
