-- One row per market: what was traded in it, and how much of that between accounts of one owner or one
-- confirmed case.
select
    wash_markets.market,
    sum(trades.notional_usd) as notional,
    sum(case when trades.own then trades.notional_usd else 0 end) as own
from wash_trades as trades
inner join wash_markets on trades.market = wash_markets.number
group by wash_markets.market
