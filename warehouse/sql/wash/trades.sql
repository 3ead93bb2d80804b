-- One row per trade of the window that stood: market, maker and taker by their numbers, null where
-- unknown at the close, and the amount. Nothing else, since this is as long as the week. `own` trades
-- have one owner, or one confirmed case, on both sides, and never count.
select
    cast(wash_markets.number as integer) as market,
    maker.number as maker,
    taker.number as taker,
    coalesce(abs(maker.number) = abs(taker.number), fills.maker_id = fills.taker_id)
        or apart.taker is not null as own,
    fills.notional_usd
from fills
inner join wash_markets on fills.market = wash_markets.market
left join wash_accounts as maker on fills.maker_id = maker.account_id
left join wash_accounts as taker on fills.taker_id = taker.account_id
left join apart on abs(taker.number) = apart.taker
    and abs(maker.number) = apart.maker
where fills.ts >= $start
    and fills.ts < $end
    and fills.busts is null
    and not exists (select 1 from busted where busted.fill_id = fills.fill_id)
