-- One row per fill between two owners that are no declared market makers: who answered whom. What was
-- busted never happened.
create temp table answered as
with busted as (
    select busts as fill_id
    from read_parquet($files, hive_partitioning = false)
    where ts < $until and busts is not null
),
stood as (
    select f.maker_id, f.taker_id, f.market, f.taker_side, f.ts, f.notional_usd
    from read_parquet($files, hive_partitioning = false) f
    anti join busted b on b.fill_id = f.fill_id
    where f.ts < $until and f.busts is null
)
select
    m.owner as maker,
    t.owner as taker,
    m.account as maker_account,
    t.account as taker_account,
    s.market,
    s.taker_side = 'buy' as buys,
    s.ts,
    s.notional_usd
from stood s
join traders m on m.account_id = s.maker_id
join traders t on t.account_id = s.taker_id
where m.owner <> t.owner
