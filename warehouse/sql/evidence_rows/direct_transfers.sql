-- One row per (piece, transfer) between the two owners of the piece, either way.
insert into found by name
select
    c.piece,
    1 as turn,
    'transfers' as event,
    m.transfer_id as event_id,
    m.ts,
    m.source_owner as owner_id,
    m.shown_source as actor,
    'sends to' as act,
    m.shown_destination as upon,
    m.usd
from couples c
join pieces p on p.piece = c.piece and p.signal = 'direct_transfer'
join moves m on (m.source_owner = c.owner_a and m.destination_owner = c.owner_b)
    or (m.source_owner = c.owner_b and m.destination_owner = c.owner_a)
