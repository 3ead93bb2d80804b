-- One row per market: what was traded in the window, and how much of it between accounts of one owner
-- or one confirmed case, inside rings, and in round trips. In USD, each trade once.
with traded as (
    select
        market,
        sum(notional_usd) as notional,
        coalesce(sum(case when own then notional_usd end), 0) as own
    from wash_trades
    group by market
),

matched as (
    select market, sum(notional_usd) as matched from ring_fills group by market
),

trips as (
    select market, sum(notional_usd) as round_trip from round_trips group by market
)

select
    wash_markets.market,
    traded.notional,
    cast(traded.own as decimal(38, 10)) as own,
    cast(coalesce(matched.matched, 0) as decimal(38, 10)) as matched,
    cast(coalesce(trips.round_trip, 0) as decimal(38, 10)) as round_trip
from traded
inner join wash_markets on traded.market = wash_markets.number
left join matched on wash_markets.market = matched.market
left join trips on wash_markets.market = trips.market
order by wash_markets.market
