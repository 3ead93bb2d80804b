-- One row per trade of a ring that was part of a round trip: after it, in one same stretch of $hours,
-- both of its owners were back where they had been with their ring in that market, and each of
-- the two had taken its part itself. Stretches are counted from the window's start. As in Victor and
-- Weintraud (WWW 2021) the trades at a stretch's end that leave a member out of balance are not
-- part of it. To be back once is no more than chance, which brings everybody back who trades to and
-- fro for long enough: so an owner has to have come back ever again, at least once in $runs runs of
-- trades in one direction. Parts in basis points are floored without multiplying what may be large.
with sides as (
    select ring, market, maker as owner, place, microseconds, quantity, 0 as taken,
        case when bought then -quantity else quantity end as net
    from ring_fills
    union all
    select ring, market, taker, place, microseconds, quantity, quantity,
        case when bought then quantity else -quantity end
    from ring_fills
),

stretches as (
    select unnest($hours) as hours
),

in_stretches as (
    select hours, microseconds // (3600000000 * hours) as stretch, sides.* exclude (microseconds)
    from sides
    cross join stretches
),

so_far as (
    select
        hours, stretch, ring, market, owner, place,
        sum(quantity) over run as moved,
        sum(taken) over run as taken,
        abs(sum(net) over run) as away,
        coalesce((net > 0) <> (lag(net) over run > 0), true) as turned
    from in_stretches
    window run as (
        partition by hours, stretch, ring, market, owner
        order by place
        rows between unbounded preceding and current row
    )
),

places as (
    select
        *,
        away <= moved // 10000 * $neutral_bps + moved % 10000 * $neutral_bps // 10000 as level,
        taken >= moved // 10000 * $taken_bps + moved % 10000 * $taken_bps // 10000 as took
    from so_far
),

arrivals as (
    select *, level and not coalesce(lag(level) over run, false) as arrived
    from places
    window run as (partition by hours, stretch, ring, market, owner order by place)
),

counted as (
    select
        *,
        count(*) filter (where arrived) over run as arrivals,
        count(*) filter (where turned) over run as runs
    from arrivals
    window run as (
        partition by hours, stretch, ring, market, owner
        order by place
        rows between unbounded preceding and current row
    )
),

back as (
    select hours, stretch, ring, market, owner, max(place) as place
    from counted
    where level and took and arrivals * $runs >= runs
    group by hours, stretch, ring, market, owner
),

came_back as (
    select distinct fills.ring, fills.market, fills.place
    from ring_fills as fills
    cross join stretches
    inner join back as maker
        on maker.hours = stretches.hours
        and maker.stretch = fills.microseconds // (3600000000 * stretches.hours)
        and maker.ring = fills.ring
        and maker.market = fills.market
        and maker.owner = fills.maker
    inner join back as taker
        on taker.hours = maker.hours
        and taker.stretch = maker.stretch
        and taker.ring = fills.ring
        and taker.market = fills.market
        and taker.owner = fills.taker
    where fills.place <= maker.place and fills.place <= taker.place
)

select
    fills.fill_id,
    fills.market,
    fills.maker_id,
    fills.taker_id,
    fills.notional_usd
from ring_fills as fills
inner join came_back
    on fills.ring = came_back.ring
    and fills.market = came_back.market
    and fills.place = came_back.place
