-- One row per way (taker, maker), by their numbers: an owner who took from another at least $least
-- times, and how often it would have by chance, in millionths. By chance the maker answers of
-- what the taker took in a market the part that it answered of what everybody else took there: that
-- way somebody who quotes a market nearly alone answers everybody. One is added to what others took
-- from the maker, so that nothing can be said where hardly anybody else trades. Who is in a ring took
-- and was taken from, so ways that lead nowhere, or come from nowhere, are left out at once.
with often as (
    select taker, maker, count(*) as fills
    from wash_trades
    where not own and taker > 0 and maker > 0
    group by taker, maker
    having count(*) >= $least
),

takers as (
    select distinct taker as owner from often
),

makers as (
    select distinct maker as owner from often
),

two_sided as (
    select takers.owner from takers inner join makers on takers.owner = makers.owner
),

met as (
    select often.taker, often.maker, often.fills
    from often
    inner join two_sided as taker on often.taker = taker.owner
    inner join two_sided as maker on often.maker = maker.owner
),

took as (
    select trades.market, trades.taker as owner, count(*) as fills
    from wash_trades as trades
    inner join two_sided on trades.taker = two_sided.owner
    where not trades.own
    group by trades.market, trades.taker
),

made as (
    select trades.market, trades.maker as owner, count(*) as fills
    from wash_trades as trades
    inner join two_sided on trades.maker = two_sided.owner
    where not trades.own
    group by trades.market, trades.maker
),

met_by_market as (
    select trades.market, trades.taker, trades.maker, count(*) as fills
    from wash_trades as trades
    inner join met on trades.taker = met.taker and trades.maker = met.maker
    where not trades.own
    group by trades.market, trades.taker, trades.maker
),

traded as (
    select market, count(*) as fills from wash_trades where not own group by market
),

shares as (
    select
        met.taker,
        met.maker,
        took.fills as takers,
        made.fills - coalesce(met_by_market.fills, 0) + 1 as answered,
        greatest(traded.fills - took.fills - coalesce(takes_of_maker.fills, 0), 1) as others
    from met
    inner join took on met.taker = took.owner
    inner join made on met.maker = made.owner and took.market = made.market
    inner join traded on took.market = traded.market
    left join met_by_market
        on met.taker = met_by_market.taker
        and met.maker = met_by_market.maker
        and took.market = met_by_market.market
    left join took as takes_of_maker
        on met.maker = takes_of_maker.owner and took.market = takes_of_maker.market
),

expected as (
    select
        taker,
        maker,
        sum(cast(takers as hugeint) * answered * 1000000 // others) as expected_millionths
    from shares
    group by taker, maker
)

select
    met.taker,
    met.maker,
    met.fills,
    cast(expected.expected_millionths as bigint) as expected_millionths
from met
inner join expected on met.taker = expected.taker and met.maker = expected.maker
order by met.taker, met.maker
