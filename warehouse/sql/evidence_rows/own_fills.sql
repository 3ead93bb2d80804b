-- One row per fill in which an owner of the case took part on either side, with the owners of both
-- sides. What was busted never happened.
create temp table own_fills as
with theirs as (
    select account_id, owner_id from accounts where owner_id in (select owner_id from sides)
),
busted as (
    select busts as fill_id
    from read_parquet($fills, hive_partitioning = false)
    where ts < $until and busts is not null
)
select
    f.fill_id,
    f.ts,
    f.market,
    f.maker_id,
    f.taker_id,
    f.taker_side = 'buy' as buys,
    f.notional_usd as usd,
    m.owner_id as maker_owner,
    t.owner_id as taker_owner
from read_parquet($fills, hive_partitioning = false) f
anti join busted b on b.fill_id = f.fill_id
left join theirs m on m.account_id = f.maker_id
left join theirs t on t.account_id = f.taker_id
where f.ts < $until and f.busts is null
    and (m.account_id is not null or t.account_id is not null)
