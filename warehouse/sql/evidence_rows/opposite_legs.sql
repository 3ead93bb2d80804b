-- One row per (piece, owner, market, cell) in which the two owners of the piece took opposite sides of
-- the market, each one side alone and with sizes at most $ratio apart. Cells are the shortest of
-- $cells seconds in which the two met as often as the evidence has it; crowded ones are not left out,
-- so there may be some more than were counted.
create temp table opposite_legs as
with owners as (
    select distinct owner, owner_id from traders
),
lengths as (
    select unnest($cells) as seconds
),
taken as (
    select
        s.piece,
        s.owner_id,
        t.market,
        t.tick * 5 as second,
        t.buys,
        t.micro_usd
    from sides s
    join pieces p on p.piece = s.piece and p.signal = 'opposite'
    join owners o on o.owner_id = s.owner_id
    join takes t on t.owner = o.owner
    anti join clockwork c on c.owner = t.owner and c.market = t.market
),
legs as (
    select
        t.piece,
        l.seconds,
        t.owner_id,
        t.market,
        t.second // l.seconds as cell,
        bool_and(t.buys) as buys,
        sum(t.micro_usd) as micro_usd
    from taken t
    cross join lengths l
    group by t.piece, l.seconds, t.owner_id, t.market, cell
    having bool_and(t.buys) or not bool_or(t.buys)
),
met as (
    select x.piece, x.seconds, x.market, x.cell
    from legs x
    join legs y
        on y.piece = x.piece and y.seconds = x.seconds and y.market = x.market and y.cell = x.cell
    where x.buys and not y.buys
        and x.micro_usd <= y.micro_usd * $ratio
        and y.micro_usd <= x.micro_usd * $ratio
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
