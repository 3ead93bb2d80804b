-- One row per (piece, fill) between the two owners of the piece, whoever of them took.
insert into found by name
select
    c.piece,
    1 as turn,
    'fills' as event,
    f.fill_id as event_id,
    f.ts,
    f.taker_owner as owner_id,
    f.taker_id as actor,
    case when f.buys then 'buys from' else 'sells to' end as act,
    f.maker_id as upon,
    f.market,
    f.usd
from couples c
join pieces p on p.piece = c.piece and p.signal in ('counterparty', 'ring')
join own_fills f on least(f.maker_owner, f.taker_owner) = c.owner_a
    and greatest(f.maker_owner, f.taker_owner) = c.owner_b
where f.maker_owner is not null and f.taker_owner is not null and f.maker_owner <> f.taker_owner
