-- One row per (piece, fill) that an owner took in a cell in which the other took the opposite side (the
-- table opposite_legs).
insert into found by name
select
    l.piece,
    1 as turn,
    'fills' as event,
    f.fill_id as event_id,
    f.ts,
    l.owner_id,
    f.taker_id as actor,
    case when f.buys then 'buys' else 'sells' end as act,
    f.market,
    f.usd
from opposite_legs l
join own_fills f
    on f.taker_owner = l.owner_id and f.market = l.market and f.buys = l.buys
    and epoch_us(f.ts) // 1000000 // l.seconds = l.cell
