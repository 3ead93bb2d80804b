-- One row per trade of the window that stood: market and, by their numbers, the owners who met. An
-- owner without a number is nobody who could be in a ring: unknown at the close, or a declared market
-- maker or system account, whose business it is to meet everybody. `own` trades have one owner, or
-- one confirmed case, on both sides; they never count anyway.
select
    wash_markets.number as market,
    maker.number as maker,
    taker.number as taker,
    coalesce(linked_maker.owner_id = linked_taker.owner_id, fills.maker_id = fills.taker_id)
        or coalesce(array_length(array_intersect(linked_maker.cases, linked_taker.cases)) > 0, false)
        as own,
    fills.notional_usd
from fills
inner join wash_markets on fills.market = wash_markets.market
left join wash_accounts as maker on fills.maker_id = maker.account_id
left join wash_accounts as taker on fills.taker_id = taker.account_id
left join linked as linked_maker on fills.maker_id = linked_maker.account_id
left join linked as linked_taker on fills.taker_id = linked_taker.account_id
where fills.ts >= $start
    and fills.ts < $end
    and fills.busts is null
    and not exists (select 1 from busted where busted.fill_id = fills.fill_id)
