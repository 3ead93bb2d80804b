-- One row per (piece, sequence, owner, step): the three openings of each sequence that both owners of
-- the piece opened (the table repeats).
create temp table repeated_openings as
with begun as (
    select piece, number, owner_a as owner_id, nth_a as nth from repeats
    union all
    select piece, number, owner_b as owner_id, nth_b as nth from repeats
)
select
    b.piece,
    b.number,
    b.owner_id,
    cast(o.nth - b.nth + 1 as integer) as step,
    o.market,
    o.buys,
    o.tick
from begun b
join openings o on o.owner_id = b.owner_id and o.nth between b.nth and b.nth + 2
