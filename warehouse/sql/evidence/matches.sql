-- One row per (maker, taker, market) of two owners whose orders met at least $least times in all, and
-- more often than the two's parts of the markets would have it. Nobody chooses who answers an order,
-- so meeting one counterparty again and again is rare. What was busted never happened.
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
),
met as (
    select
        m.owner as maker,
        t.owner as taker,
        s.market,
        min(m.account) as maker_account,
        min(t.account) as taker_account,
        count(*) as fills,
        sum(case when s.taker_side = 'buy' then s.notional_usd else -s.notional_usd end) as bought,
        sum(s.notional_usd) as traded,
        min(s.ts) as first_seen,
        max(s.ts) as last_seen
    from stood s
    join traders m on m.account_id = s.maker_id
    join traders t on t.account_id = s.taker_id
    where m.owner <> t.owner
    group by m.owner, t.owner, s.market
),
made as (
    select maker, market, cast(sum(fills) as hugeint) as fills from met group by maker, market
),
took as (
    select taker, market, cast(sum(fills) as hugeint) as fills from met group by taker, market
),
traded as (
    select market, cast(sum(fills) as hugeint) as fills from met group by market
),
pairs as (
    select maker, taker from met group by maker, taker having sum(fills) >= $least
),
-- Of all that the taker took in a market, the maker's part of it would come from the maker.
expected as (
    select
        p.maker,
        p.taker,
        cast(sum(m.fills * t.fills * 1000000 // d.fills) as bigint) as expected_millionths
    from pairs p
    join made m on m.maker = p.maker
    join took t on t.taker = p.taker and t.market = m.market
    join traded d on d.market = m.market
    group by p.maker, p.taker
),
often as (
    select e.maker, e.taker, e.expected_millionths
    from expected e
    join met m on m.maker = e.maker and m.taker = e.taker
    group by e.maker, e.taker, e.expected_millionths
    having cast(sum(m.fills) as hugeint) * 1000000 > e.expected_millionths
)
select
    x.owner_id as maker_owner,
    x.account_id as maker_account,
    y.owner_id as taker_owner,
    y.account_id as taker_account,
    m.market,
    m.fills,
    o.expected_millionths,
    cast(m.bought * 100 as bigint) as bought_cents,
    cast(m.traded * 100 as bigint) as traded_cents,
    m.first_seen,
    m.last_seen
from often o
join met m on m.maker = o.maker and m.taker = o.taker
join traders x on x.account = m.maker_account
join traders y on y.account = m.taker_account
order by maker_owner, taker_owner, market
