-- One row per (piece, hop, transfer) on the ways of money over addresses outside that the piece is
-- about. The ways are those of evidence/paths, of the owners of the case alone: from each address only
-- the way of most of its money goes on. A hop counts in the direction of the money, from 1.
insert into found by name
with recursive flows as (
    select
        source,
        destination,
        source_owner,
        destination_owner,
        sum(coalesce(usd, 0)) as usd,
        min(ts) as first_seen,
        max(ts) as last_seen
    from moves
    group by source, destination, source_owner, destination_owner
),
received as (
    select destination as address, sum(usd) as usd from flows group by destination
),
sent as (
    select source as address, sum(usd) as usd, count(*) as destinations from flows group by source
),
gave as (
    select destination as address, count(*) as sources from flows group by destination
),
steps as (
    select 'deposit_origin' as signal, f.destination as here, f.source as there,
        f.source_owner as met, f.first_seen as at
    from flows f
    join received r on r.address = f.destination
    join sent s on s.address = f.source
    where f.destination_owner is null and 2 * f.usd >= r.usd and f.usd > 0
        and (s.destinations <= $cap or f.source_owner is not null)
    qualify row_number() over (partition by f.destination order by f.usd desc, f.source) = 1
    union all
    select 'withdrawal_end' as signal, f.source as here, f.destination as there,
        f.destination_owner as met, f.last_seen as at
    from flows f
    join sent s on s.address = f.source
    join gave g on g.address = f.destination
    where f.source_owner is null and 2 * f.usd >= s.usd and f.usd > 0
        and f.destination_owner is null and g.sources <= $cap
    qualify row_number() over (partition by f.source order by f.usd desc, f.destination) = 1
),
begun as (
    select 'deposit_origin' as signal, destination_owner as owner_id, [destination, source] as way,
        first_seen, last_seen
    from flows
    where destination_owner in (select owner_id from sides) and source_owner is null and usd > 0
    union all
    select 'withdrawal_end' as signal, source_owner as owner_id, [source, destination] as way,
        first_seen, last_seen
    from flows
    where source_owner in (select owner_id from sides) and destination_owner is null and usd > 0
),
walked as (
    select signal, owner_id, way, 0 as hops, cast(null as varchar) as met, first_seen, last_seen
    from begun
    union all
    select w.signal, w.owner_id, list_append(w.way, s.there), w.hops + 1, s.met,
        w.first_seen, w.last_seen
    from walked w
    join steps s on s.signal = w.signal and s.here = w.way[-1]
    where w.hops < $hops and w.met is null
        and case when w.signal = 'deposit_origin' then s.at <= w.last_seen
            else s.at >= w.first_seen end
),
ended as (
    select p.piece, w.signal, w.owner_id, w.way
    from walked w
    join pieces p on p.signal = w.signal and p.value_hash = sha256(w.way[-1])
    join sides s on s.piece = p.piece and s.owner_id = w.owner_id
    where w.met is null
    union all
    select p.piece, w.signal, w.owner_id, w.way
    from walked w
    join couples c on least(w.met, w.owner_id) = c.owner_a
        and greatest(w.met, w.owner_id) = c.owner_b
    join pieces p on p.piece = c.piece and p.signal = 'funding_chain'
    where w.signal = 'deposit_origin' and w.met is not null
),
legs as (
    select
        piece,
        owner_id,
        concat(owner_id, ' ', sha256(array_to_string(way, ' '))) as strand,
        signal = 'deposit_origin' as inward,
        len(way) - 1 as hops,
        unnest(range(1, len(way))) as place,
        unnest(way[:-2]) as near,
        unnest(way[2:]) as far
    from ended
)
select
    l.piece,
    row_number() over (
        partition by l.piece, l.strand, l.place order by m.ts, m.transfer_id
    ) as turn,
    l.strand,
    cast(case when l.inward then l.hops - l.place + 1 else l.place end as integer) as hop,
    'transfers' as event,
    m.transfer_id as event_id,
    m.ts,
    l.owner_id,
    m.shown_source as actor,
    'sends to' as act,
    m.shown_destination as upon,
    m.usd
from legs l
join moves m
    on m.source = case when l.inward then l.far else l.near end
    and m.destination = case when l.inward then l.near else l.far end
