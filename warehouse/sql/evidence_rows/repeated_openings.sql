-- One row per (piece, sequence, owner, step): the three openings of each sequence that both owners of
-- the piece opened (the table repeats).
create temp table repeated_openings as
with begun as (
    select piece, number, holders, owner_a as owner_id, began_a_us as began_us from repeats
    union all
    select piece, number, holders, owner_b as owner_id, began_b_us as began_us from repeats
),
firsts as (
    select b.piece, b.number, b.holders, b.owner_id, b.began_us, min(o.nth) as nth
    from begun b
    join openings o on o.owner_id = b.owner_id and o.first_us = b.began_us
    group by b.piece, b.number, b.holders, b.owner_id, b.began_us
)
select
    f.piece,
    f.number,
    f.holders,
    f.owner_id,
    f.began_us,
    cast(o.nth - f.nth + 1 as integer) as step,
    o.market,
    o.buys,
    o.tick
from firsts f
join openings o on o.owner_id = f.owner_id and o.nth between f.nth and f.nth + 2
