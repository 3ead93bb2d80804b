-- One row per take (the table took) that made a position larger, numbered in the order of its owner.
-- Left out of a market is who trades it by the clock: two times in three the same number of minutes,
-- to the nearest, after the time before.
create temp table openings as
with gaps as (
    select
        owner_id,
        market,
        (30000000 + first_us - lag(first_us) over (partition by owner_id, market order by first_us))
            // 60000000 as minutes
    from took
),
rhythms as (
    select owner_id, market, minutes, count(*) as times
    from gaps
    where minutes > 0
    group by owner_id, market, minutes
),
clockwork as (
    select owner_id, market
    from rhythms
    group by owner_id, market
    having sum(times) >= 5 and max(times) * 3 > sum(times) * 2
),
positions as (
    select
        *,
        case when buys then quantity else -quantity end as change,
        sum(case when buys then quantity else -quantity end) over (
            partition by owner_id, market order by first_us, buys
            rows between unbounded preceding and current row
        ) as held
    from took
)
select
    p.owner_id,
    p.market,
    p.buys,
    p.tick,
    p.first_us,
    row_number() over (partition by p.owner_id order by p.first_us, p.market, p.buys) as nth
from positions p
anti join clockwork c on c.owner_id = p.owner_id and c.market = p.market
where abs(p.held) > abs(p.held - p.change)
