-- One row per (piece, opening) of the pieces whose sequences are fewer than the evidence has it: what the
-- one owner opened and the other opened too, as much later as most, within $width microseconds. Of pairs
-- with millions of openings to compare nothing is told.
create temp table echoes as
with wanted as (
    select c.piece, c.owner_a, c.owner_b
    from couples c
    join pieces p on p.piece = c.piece and p.signal = 'replay'
    left join repeats r on r.piece = c.piece
    group by c.piece, c.owner_a, c.owner_b
    having count(r.number) < max(c.sightings)
),
lines as (
    select owner_id, market, buys, count(*) as times
    from openings
    where owner_id in (select owner_id from sides)
    group by owner_id, market, buys
),
affordable as (
    select w.piece, w.owner_a, w.owner_b
    from wanted w
    join lines x on x.owner_id = w.owner_a
    join lines y on y.owner_id = w.owner_b and y.market = x.market and y.buys = x.buys
    group by w.piece, w.owner_a, w.owner_b
    having sum(x.times * y.times) <= 2000000
),
lags as (
    select
        w.piece,
        w.owner_a,
        w.owner_b,
        x.nth as nth_a,
        y.nth as nth_b,
        x.first_us as us_a,
        y.first_us as us_b,
        y.first_us - x.first_us as lag
    from affordable w
    join openings x on x.owner_id = w.owner_a
    join openings y on y.owner_id = w.owner_b and y.market = x.market and y.buys = x.buys
),
-- Two grids of cells, half a cell apart, so that no lag lies at the edge of both.
cells as (
    select
        piece,
        unnest([2 * (lag // $width), 2 * ((lag + $width // 2) // $width) + 1]) as cell,
        nth_a,
        nth_b,
        lag
    from lags
),
peaks as (
    select
        piece,
        cell,
        quantile_disc(lag, 0.5) as middle,
        least(count(distinct nth_a), count(distinct nth_b)) as agree
    from cells
    group by piece, cell
),
likeliest as (
    select piece, middle as lag
    from peaks
    qualify row_number() over (partition by piece order by agree desc, abs(middle), cell) = 1
),
near as (
    select l.*
    from lags l
    join likeliest k on k.piece = l.piece
    where abs(l.lag - k.lag) <= $width // 2
    qualify row_number() over (partition by l.piece, l.nth_a order by abs(l.lag - k.lag), l.nth_b) = 1
),
told as (
    select *
    from near
    qualify row_number() over (partition by piece, nth_b order by abs(lag), nth_a) = 1
)
select
    *,
    row_number() over (partition by piece order by greatest(us_a, us_b), nth_a) as number
from told
