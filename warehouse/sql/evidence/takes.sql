-- One row per (owner, market, side, 5 seconds): what an owner took there, all its orders and accounts
-- together, however many fills they met. What was busted never happened.
create temp table takes as
with busted as (
    select busts as fill_id
    from read_parquet($files, hive_partitioning = false)
    where ts < $until and busts is not null
),
stood as (
    select f.taker_id, f.market, f.taker_side = 'buy' as buys, f.ts, f.notional_usd, f.quantity
    from read_parquet($files, hive_partitioning = false) f
    anti join busted b on b.fill_id = f.fill_id
    where f.ts < $until and f.busts is null
)
select
    t.owner,
    min(t.account) as account,
    s.market,
    s.buys,
    epoch_us(s.ts) // 5000000 as tick,
    min(epoch_us(s.ts)) as first_us,
    cast(sum(s.notional_usd) * 1000000 as hugeint) as micro_usd,
    cast(sum(s.quantity) as decimal(38, 12)) as quantity
from stood s
join traders t on t.account_id = s.taker_id
group by t.owner, s.market, s.buys, tick
