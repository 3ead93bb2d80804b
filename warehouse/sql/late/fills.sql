-- One row per fill of a window that was stored after its week's books had closed and that no bust
-- cancels: it counted for nothing, and only an adjustment pays for it.
select
    'fill' as event,
    late_fills.fill_id,
    late_fills.ts,
    late_fills.market,
    late_fills.product,
    late_fills.notional_usd,
    late_fills.maker_id,
    late_fills.taker_id
from late_fills
where late_fills.ts >= $start
    and late_fills.ts < $end
    and late_fills.busts is null
    and not exists (select 1 from known_busts where known_busts.busts = late_fills.fill_id)
    and not exists (select 1 from late_busts where late_busts.busts = late_fills.fill_id)
