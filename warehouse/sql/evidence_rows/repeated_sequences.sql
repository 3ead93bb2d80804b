-- One row per (piece, sequence) that both owners of the piece opened: what it is, when each of the two
-- began it, and how many owners did; then one per echo, without holders. The first $most of each piece.
with said as (
    select
        piece,
        number,
        string_agg(concat(case when buys then 'buys ' else 'sells ' end, market), ', ' order by step)
            as steps
    from repeated_openings o
    semi join repeats r on r.piece = o.piece and r.number = o.number and r.owner_a = o.owner_id
    group by piece, number
),
of_both as (
    select r.piece, r.number, 1 as part, s.steps, r.holders, r.began_a_us, r.began_b_us
    from repeats r
    join said s on s.piece = r.piece and s.number = r.number
    union all
    select
        e.piece,
        e.number,
        2 as part,
        concat(case when o.buys then 'buys ' else 'sells ' end, o.market) as steps,
        cast(null as integer) as holders,
        e.us_a,
        e.us_b
    from echoes e
    join openings o on o.owner_id = e.owner_a and o.nth = e.nth_a
)
select
    piece,
    cast(row_number() over (partition by piece order by part, number) as integer) as number,
    steps,
    holders,
    make_timestamp(began_a_us) as began_a,
    make_timestamp(began_b_us) as began_b
from of_both
qualify row_number() over (partition by piece order by part, number) <= $most
order by piece, number
