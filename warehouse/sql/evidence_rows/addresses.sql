-- One row per (piece, transfer) to or from the address outside that the piece is about; every owner's
-- first transfer comes first.
insert into found by name
with dealt as (
    select 'withdrawal_destination' as signal, source_owner as owner_id, destination as address, *
    from moves
    where source_owner is not null and destination_owner is null
    union all
    select 'deposit_source' as signal, destination_owner as owner_id, source as address, *
    from moves
    where destination_owner is not null and source_owner is null
)
select
    p.piece,
    row_number() over (partition by p.piece, d.owner_id order by d.ts, d.transfer_id) as turn,
    'transfers' as event,
    d.transfer_id as event_id,
    d.ts,
    d.owner_id,
    d.shown_source as actor,
    'sends to' as act,
    d.shown_destination as upon,
    d.usd
from dealt d
semi join sides o on o.owner_id = d.owner_id
join pieces p on p.signal = d.signal and p.value_hash = sha256(d.address)
join sides s on s.piece = p.piece and s.owner_id = d.owner_id
