-- One row per late event, with the owners of both sides: those of the window's end, and the account
-- itself where nothing is known of it.
select
    late.event,
    late.fill_id,
    late.ts,
    late.market,
    late.product,
    late.notional_usd,
    coalesce(maker.owner_id, late.maker_id) as maker_owner,
    coalesce(taker.owner_id, late.taker_id) as taker_owner
from late
left join accounts as maker on late.maker_id = maker.account_id
left join accounts as taker on late.taker_id = taker.account_id
order by late.ts, late.fill_id, late.event
