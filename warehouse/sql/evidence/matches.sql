-- One row per (maker, taker, market) of two owners whose orders met (the table answered) at least
-- $least times in all, and more often than the two's parts of the markets would have it. Nobody
-- chooses who answers an order, so meeting one counterparty again and again is rare.
with pairs as (
    select maker, taker from answered group by maker, taker having count(*) >= $least
),
met as (
    select
        a.maker,
        a.taker,
        a.market,
        min(a.maker_account) as maker_account,
        min(a.taker_account) as taker_account,
        count(*) as fills,
        sum(case when a.buys then a.notional_usd else -a.notional_usd end) as bought,
        sum(a.notional_usd) as traded,
        min(a.ts) as first_seen,
        max(a.ts) as last_seen
    from answered a
    join pairs p on p.maker = a.maker and p.taker = a.taker
    group by a.maker, a.taker, a.market
),
made as (
    select maker, market, cast(count(*) as hugeint) as fills from answered group by maker, market
),
took as (
    select taker, market, cast(count(*) as hugeint) as fills from answered group by taker, market
),
traded as (
    select market, cast(count(*) as hugeint) as fills from answered group by market
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
