-- One row per (piece, sequence, owner, step, fill): the fills of the openings that both owners of the
-- piece repeated (the table repeated_openings), the first sequences first.
insert into found by name
select
    o.piece,
    o.number as turn,
    concat(printf('%06d', o.number), ' ', o.owner_id) as strand,
    o.step as hop,
    'fills' as event,
    f.fill_id as event_id,
    f.ts,
    o.owner_id,
    f.taker_id as actor,
    case when f.buys then 'buys' else 'sells' end as act,
    f.market,
    f.usd
from repeated_openings o
join own_fills f
    on f.taker_owner = o.owner_id and f.market = o.market and f.buys = o.buys
    and epoch_us(f.ts) // 5000000 = o.tick
