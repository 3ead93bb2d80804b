-- One row per (maker, taker, market) of two owners whose orders met at least $least times in all, and
-- more often than the two's parts of the markets would have it. Nobody chooses who answers an order,
-- so meeting one counterparty again and again is rare. Fills are those of the table stood.
with answered as (
    select * from stood where maker <> taker
),
pairs as (
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
        sum(case when a.buys then a.cents else -a.cents end) as bought,
        sum(a.cents) as traded,
        min(a.us) as first_us,
        max(a.us) as last_us
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
    k.market,
    m.fills,
    o.expected_millionths,
    cast(m.bought as bigint) as bought_cents,
    cast(m.traded as bigint) as traded_cents,
    make_timestamp(m.first_us) as first_seen,
    make_timestamp(m.last_us) as last_seen
from often o
join met m on m.maker = o.maker and m.taker = o.taker
join markets k on k.number = m.market
join traders x on x.account = m.maker_account
join traders y on y.account = m.taker_account
order by maker_owner, taker_owner, k.market
