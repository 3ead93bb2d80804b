-- One row per (owner, market, side, 5 seconds): what an owner took there, all its orders and accounts
-- together, of everybody: how rare a sequence is, only a look at all can say. Declared market makers
-- are left out, as in the evidence, and what was busted never happened.
create temp table took as
with makers as (
    select account_id
    from read_parquet($accounts, hive_partitioning = false)
    where changed_at < $until
    qualify row_number() over (partition by account_id order by changed_at desc) = 1
        and kind = 'market_maker'
),
busted as (
    select busts as fill_id
    from read_parquet($fills, hive_partitioning = false)
    where ts < $until and busts is not null
)
select
    a.owner_id,
    f.market,
    f.taker_side = 'buy' as buys,
    epoch_us(f.ts) // 5000000 as tick,
    min(epoch_us(f.ts)) as first_us,
    cast(sum(f.quantity) as decimal(38, 12)) as quantity
from read_parquet($fills, hive_partitioning = false) f
join accounts a on a.account_id = f.taker_id
anti join makers m on m.account_id = f.taker_id
anti join busted b on b.fill_id = f.fill_id
where f.ts < $until and f.busts is null
group by a.owner_id, f.market, buys, tick
