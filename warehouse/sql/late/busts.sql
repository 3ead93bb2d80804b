-- One row per fill of a window that counted when its week's books closed, and that was cancelled by
-- a bust stored later: what was issued for it is still there.
with cancelled as (
    select distinct busts as fill_id from late_busts where busts is not null
    except
    select busts from known_busts where busts is not null
)

select
    'bust' as event,
    fills.fill_id,
    fills.ts,
    fills.market,
    fills.product,
    fills.notional_usd,
    fills.maker_id,
    fills.taker_id
from fills
semi join cancelled on fills.fill_id = cancelled.fill_id
where fills.ts >= $start
    and fills.ts < $end
    and fills.busts is null
