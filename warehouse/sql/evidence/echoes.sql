-- One row per pair of owners of whom the one opens what the other opened, always as much later: how
-- often, on how many days, and how often by chance.
-- How much later comes from the sequences that the two have in common: the square root of their number
-- has to agree on it within $width microseconds. Then all openings are counted that lie as far apart,
-- those of one hour, market and side once. By chance is what their numbers of openings would give, or
-- what is found one, two, three and seven days beside it, if that is more.
-- Pairs with the most openings to compare are left out where all together would be more than $budget.
with lags as (
    select c.a, c.b, c.shared, y.began_us - x.began_us as lag
    from shared_sequences c
    join sequences x on x.owner = c.a
    join sequences y on y.owner = c.b and y.sequence = x.sequence and y.market = x.market
),
-- Two grids of cells, half a cell apart, so that no lag lies at the edge of both.
cells as (
    select
        a,
        b,
        shared,
        lag,
        unnest([2 * (lag // $width), 2 * ((lag + $width // 2) // $width) + 1]) as cell
    from lags
),
peaks as (
    select a, b, cell, quantile_disc(lag, 0.5) as lag, count(*) as agree
    from cells
    group by a, b, shared, cell
    having count(*) >= 2 and count(*) * count(*) >= shared
),
likeliest as (
    select a, b, lag
    from peaks
    qualify row_number() over (partition by a, b order by agree desc, abs(lag), cell) = 1
),
lines as (
    select owner, market, buys, count(distinct us // 3600000000) as hours, count(*) as times
    from openings
    group by owner, market, buys
),
spans as (
    select owner, min(us) as from_us, max(us) as to_us from openings group by owner
),
chances as (
    select
        p.a,
        p.b,
        p.lag,
        greatest(max(s.to_us - s.from_us), max(t.to_us - t.from_us), 86400000000) as span,
        sum(cast(x.hours as hugeint) * y.hours) as hours,
        sum(cast(x.times as hugeint) * y.times) as times
    from likeliest p
    join lines x on x.owner = p.a
    join lines y on y.owner = p.b and y.market = x.market and y.buys = x.buys
    join spans s on s.owner = p.a
    join spans t on t.owner = p.b
    group by p.a, p.b, p.lag
),
compared as (
    select *
    from chances
    qualify sum(times) over (order by times, a, b rows unbounded preceding) <= $budget
),
apart as (
    select
        p.a,
        p.b,
        x.account as account_a,
        y.account as account_b,
        (2 * x.market + cast(x.buys as integer)) * 10000000 as line,
        x.us as us_a,
        y.us as us_b,
        y.us - x.us - p.lag as beside,
        cast(round((y.us - x.us - p.lag) / 86400000000) as integer) as days_beside
    from compared p
    join openings x on x.owner = p.a
    join openings y on y.owner = p.b and y.market = x.market and y.buys = x.buys
    where abs(y.us - x.us - p.lag) <= 8 * 86400000000
),
counted as (
    select
        a,
        b,
        days_beside,
        min(account_a) as account_a,
        min(account_b) as account_b,
        least(
            count(distinct us_a // 86400000000), count(distinct us_b // 86400000000)
        ) as days,
        least(
            count(distinct line + us_a // 3600000000), count(distinct line + us_b // 3600000000)
        ) as times,
        min(greatest(us_a, us_b)) as first_us,
        max(greatest(us_a, us_b)) as last_us
    from apart
    where abs(days_beside) in (0, 1, 2, 3, 7)
        and abs(beside - days_beside * 86400000000) <= $width // 2
    group by a, b, days_beside
),
-- What is found half as often on the days before and after, or a week, is a habit.
beside as (
    select
        a,
        b,
        sum(times) / 8 as mean,
        greatest(
            sum(times) filter (where abs(days_beside) <= 3) / 6,
            sum(times) filter (where abs(days_beside) = 7) / 2
        ) as most
    from counted
    where days_beside <> 0
    group by a, b
)
select
    x.owner_id as owner_a,
    x.account_id as account_a,
    y.owner_id as owner_b,
    y.account_id as account_b,
    c.times as coincidences,
    c.days,
    cast(
        greatest(p.hours * $width * 1000000 // p.span, floor(coalesce(n.mean, 0) * 1000000)) as bigint
    ) as expected_millionths,
    p.lag as lag_us,
    cast(2 * p.span // $width + 1 as bigint) as lags,
    make_timestamp(c.first_us) as first_seen,
    make_timestamp(c.last_us) as last_seen
from compared p
join counted c on c.a = p.a and c.b = p.b and c.days_beside = 0
left join beside n on n.a = p.a and n.b = p.b
join traders x on x.account = c.account_a
join traders y on y.account = c.account_b
where c.days >= $least and c.times > 2 * coalesce(n.most, 0)
order by owner_a, owner_b
