-- One row per (piece, sequence) that both owners of the piece opened: what it is, when each of the two
-- began it, and how many owners did; the first $most of each piece.
with said as (
    select
        piece,
        number,
        owner_id,
        string_agg(concat(case when buys then 'buys ' else 'sells ' end, market), ', ' order by step)
            as steps
    from repeated_openings
    group by piece, number, owner_id
)
select
    r.piece,
    cast(r.number as integer) as number,
    s.steps,
    r.holders,
    make_timestamp(r.began_a_us) as began_a,
    make_timestamp(r.began_b_us) as began_b
from repeats r
join said s on s.piece = r.piece and s.number = r.number and s.owner_id = r.owner_a
where r.number <= $most
order by r.piece, r.number
