-- One row per (owner, sequence): when the owner first opened three positions in that order. A sequence
-- is markets, sides and how far apart they were, by powers of two minutes (the table openings).
-- What more than $cap owners did is what a crowd does; of the rest the commonest is left out where all
-- pairs together would be more than $budget. Rare sequences count whole, common ones by their rarity.
create temp table sequences as
with steps as (
    select owner, account, us, cast(2 * market + cast(buys as smallint) as integer) as step
    from openings
),
windows as (
    select
        owner,
        account,
        us as last_us,
        step,
        lag(step) over own as step_before,
        lag(step, 2) over own as first_step,
        lag(us) over own as us_before,
        lag(us, 2) over own as began_us
    from steps
    window own as (partition by owner order by us, step)
),
-- One row per (owner, sequence): when the owner did it first.
firsts as (
    select
        owner,
        min(account) as account,
        first_step // 2 as market,
        hash(
            first_step, step_before, step,
            length(bin((us_before - began_us) // 60000000)),
            length(bin((last_us - us_before) // 60000000))
        ) as sequence,
        min(began_us) as began_us
    from windows
    where first_step is not null
    group by owner, first_step, sequence
),
counted as (
    select market, sequence, count(*) as holders
    from firsts
    group by market, sequence
    having count(*) <= $cap
),
costs as (
    select holders, sum(sum(holders * (holders - 1) // 2)) over (order by holders) as pairs
    from counted
    group by holders
),
population as (
    select count(distinct owner) as owners from takes
),
rare as (
    select
        c.market,
        c.sequence,
        c.holders,
        cast(floor(1000000 * log2(p.owners / c.holders) / log2(p.owners / 1)) as bigint) as weight
    from counted c
    join costs k on k.holders = c.holders
    cross join population p
    where k.pairs <= $budget and c.holders < p.owners
)
select
    f.owner,
    f.account,
    f.market,
    f.sequence,
    f.began_us,
    cast(f.began_us // 86400000000 as integer) as day,
    cast(r.holders as integer) as holders,
    r.weight
from firsts f
join rare r on r.market = f.market and r.sequence = f.sequence
