-- One row per (piece, owner, market, cell) in which the two owners of the piece took opposite sides of
-- the market, each one side alone and with sizes at most $ratio apart. Cells are the shortest of
-- $cells seconds in which the two met as often as the evidence has it; crowded ones are not left out,
-- so there may be some more than were counted.
create temp table opposite_legs as
with lengths as (
    select unnest($cells) as seconds
),
legs as (
    select
        s.piece,
        l.seconds,
        s.owner_id,
        f.market,
        epoch_us(f.ts) // 1000000 // l.seconds as cell,
        bool_and(f.buys) as buys,
        sum(f.usd) as usd
    from sides s
    join pieces p on p.piece = s.piece and p.signal = 'opposite'
    join own_fills f on f.taker_owner = s.owner_id
    cross join lengths l
    group by s.piece, l.seconds, s.owner_id, f.market, cell
    having bool_and(f.buys) or not bool_or(f.buys)
),
met as (
    select x.piece, x.seconds, x.market, x.cell
    from legs x
    join legs y
        on y.piece = x.piece and y.seconds = x.seconds and y.market = x.market and y.cell = x.cell
    where x.buys and not y.buys
        and x.usd <= y.usd * $ratio
        and y.usd <= x.usd * $ratio
),
counted as (
    select c.piece, m.seconds, count(*) >= max(c.sightings) as as_often
    from met m
    join couples c on c.piece = m.piece
    group by c.piece, m.seconds
),
chosen as (
    select piece, coalesce(min(seconds) filter (where as_often), max(seconds)) as seconds
    from counted
    group by piece
)
select l.piece, l.owner_id, l.market, l.seconds, l.cell, l.buys
from legs l
join chosen h on h.piece = l.piece and h.seconds = l.seconds
semi join met m
    on m.piece = l.piece and m.seconds = l.seconds and m.market = l.market and m.cell = l.cell
