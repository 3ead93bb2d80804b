-- One row per market: what was traded in the window, and how much of it between accounts of one owner
-- or one confirmed case, inside rings, and in round trips. In USD, each trade once.
with matched as (
    select market, sum(notional_usd) as matched from ring_fills group by market
),

trips as (
    select market, sum(notional_usd) as round_trip from round_trips group by market
)

select
    traded.market,
    traded.notional,
    cast(traded.own as decimal(38, 10)) as own,
    cast(coalesce(matched.matched, 0) as decimal(38, 10)) as matched,
    cast(coalesce(trips.round_trip, 0) as decimal(38, 10)) as round_trip
from traded
left join matched on traded.market = matched.market
left join trips on traded.market = trips.market
order by traded.market
