-- One row per (owner, market) that is traded by the clock: two times in three the same number of
-- minutes, to the nearest, after the time before. Bots of one vendor and savings plans keep step and
-- repeat each other by accident, and anybody could time a trade to meet them. A hedge that is held for
-- as long each time comes to one in two.
create temp table clockwork as
with gaps as (
    select
        owner,
        market,
        (30000000 + first_us - lag(first_us) over (partition by owner, market order by first_us))
            // 60000000 as minutes
    from takes
),
counted as (
    select owner, market, minutes, count(*) as times
    from gaps
    where minutes > 0
    group by owner, market, minutes
)
select owner, market
from counted
group by owner, market
having sum(times) >= 5 and max(times) * 3 > sum(times) * 2
