-- One row per trade of a ring that was part of a round trip: after it, in one same stretch of $hours,
-- both of its owners were back where they had been with their ring in that market, and each of
-- the two had taken its part itself. Stretches are counted from the window's start. As in Victor and
-- Weintraud (WWW 2021) the trades at a stretch's end that leave a member out of balance are not
-- part of it. Parts in basis points are floored without multiplying what may be large.
with legs as (
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

so_far as (
    select
        hours, microseconds // (3600000000 * hours) as stretch, ring, market, owner, place,
        abs(sum(net) over run) as net,
        sum(quantity) over run as moved,
        sum(taken) over run as taken
    from legs
    cross join stretches
    window run as (
        partition by hours, microseconds // (3600000000 * hours), ring, market, owner
        order by place
        rows between unbounded preceding and current row
    )
),

back as (
    select hours, stretch, ring, market, owner, max(place) as place
    from so_far
    where net <= moved // 10000 * $neutral_bps + moved % 10000 * $neutral_bps // 10000
        and taken >= moved // 10000 * $taken_bps + moved % 10000 * $taken_bps // 10000
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
