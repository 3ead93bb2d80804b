-- One row per (piece, event): the first $most of each piece by their turn, in the order in which they
-- are read, and how many there are in all. What belongs to a strand (a path of money, a sequence) stays
-- together, in its order.
with counted as (
    select
        *,
        coalesce(strand, '') as thread,
        count(*) over (partition by piece) as in_all,
        row_number() over (
            partition by piece
            order by turn, coalesce(strand, ''), hop nulls first, ts, event_id, owner_id
        ) as kept
    from found
)
select
    piece,
    cast(row_number() over (
        partition by piece order by thread, hop nulls first, ts, event_id, owner_id
    ) as integer) as place,
    in_all,
    strand,
    hop,
    event,
    event_id,
    ts,
    owner_id,
    actor,
    act,
    upon,
    market,
    usd
from counted
where kept <= $most
order by piece, place
