-- One row per (piece, sequence) that both owners of the piece opened and at most $sequence_cap owners
-- did: when each began it first. A sequence is three openings (the table openings): markets, sides, and
-- how far apart they were by powers of two minutes. Numbered by when the second of the two began.
create temp table repeats as
with windows as (
    select
        owner_id,
        nth - 2 as nth,
        lag(first_us, 2) over own as began_us,
        hash(
            lag(market, 2) over own, lag(buys, 2) over own,
            lag(market) over own, lag(buys) over own,
            market, buys,
            length(bin((lag(first_us) over own - lag(first_us, 2) over own) // 60000000)),
            length(bin((first_us - lag(first_us) over own) // 60000000))
        ) as sequence
    from openings
    window own as (partition by owner_id order by nth)
),
firsts as (
    select owner_id, sequence, min(nth) as nth, min(began_us) as began_us
    from windows
    where nth > 0
    group by owner_id, sequence
),
rare as (
    select sequence, cast(count(*) as integer) as holders
    from firsts
    group by sequence
    having count(*) between 2 and $sequence_cap
)
select
    c.piece,
    c.owner_a,
    c.owner_b,
    row_number() over (
        partition by c.piece
        order by greatest(x.began_us, y.began_us), least(x.began_us, y.began_us), x.nth
    ) as number,
    x.nth as nth_a,
    y.nth as nth_b,
    x.began_us as began_a_us,
    y.began_us as began_b_us,
    r.holders
from couples c
join pieces p on p.piece = c.piece and p.signal = 'replay'
join firsts x on x.owner_id = c.owner_a
join firsts y on y.owner_id = c.owner_b and y.sequence = x.sequence
join rare r on r.sequence = x.sequence
