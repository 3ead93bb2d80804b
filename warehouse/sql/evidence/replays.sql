-- One row per pair of owners in whose trading the same rare sequence of three openings turns up on at
-- least $least days, and more often than chance has it. A sequence is markets, sides and how far
-- apart they were, by powers of two minutes; an opening is a take that makes a position larger.
-- What more than $cap owners did is what a crowd does; of the rest the commonest is left out where all
-- pairs together would be more than $budget. Rare sequences count whole, common ones by their rarity.
with positions as (
    select
        *,
        sum(case when buys then quantity else -quantity end) over (
            partition by owner, market order by first_us, buys
            rows between unbounded preceding and current row
        ) as held
    from takes
),
steps as (
    select
        owner,
        account,
        first_us,
        2 * dense_rank() over (order by market) + cast(buys as integer) as step
    from positions
    where abs(held) > abs(held - case when buys then quantity else -quantity end)
),
windows as (
    select
        owner,
        account,
        first_us as last_us,
        step,
        lag(step) over own as step_before,
        lag(step, 2) over own as first_step,
        lag(first_us) over own as us_before,
        lag(first_us, 2) over own as began_us
    from steps
    window own as (partition by owner order by first_us, step)
),
-- One row per (owner, sequence): when the owner did it first.
sequences as (
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
    from sequences
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
),
chances as (
    select
        market,
        sum(cast(holders as hugeint) * (holders - 1) * weight) as met,
        sum(cast(holders as hugeint)) * sum(cast(holders as hugeint)) as possible
    from rare
    group by market
),
rare_sequences as (
    select s.*, r.holders, r.weight
    from sequences s
    join rare r on r.market = s.market and r.sequence = s.sequence
),
activity as (
    select owner, market, cast(count(*) as hugeint) as sequences
    from rare_sequences
    group by owner, market
),
replays as (
    select
        x.owner as a,
        y.owner as b,
        min(x.account) as account_a,
        min(y.account) as account_b,
        least(
            count(distinct x.began_us // 86400000000), count(distinct y.began_us // 86400000000)
        ) as coincidences,
        count(*) as shared,
        cast(sum(x.weight) as bigint) as weights,
        count(distinct x.began_us // 86400000000) filter (where x.began_us < y.began_us) as begun_by_a,
        count(distinct y.began_us // 86400000000) filter (where y.began_us < x.began_us) as begun_by_b,
        min(greatest(x.began_us, y.began_us)) as first_us,
        max(greatest(x.began_us, y.began_us)) as last_us
    from rare_sequences x
    join rare_sequences y
        on y.market = x.market and y.sequence = x.sequence and y.owner > x.owner
    where x.holders >= 2
    group by x.owner, y.owner
    having least(
        count(distinct x.began_us // 86400000000), count(distinct y.began_us // 86400000000)
    ) >= $least
),
expected as (
    select r.a, r.b, cast(sum(x.sequences * y.sequences * c.met // c.possible) as bigint) as millionths
    from replays r
    join activity x on x.owner = r.a
    join activity y on y.owner = r.b and y.market = x.market
    join chances c on c.market = x.market
    group by r.a, r.b
)
select
    x.owner_id as owner_a,
    x.account_id as account_a,
    y.owner_id as owner_b,
    y.account_id as account_b,
    r.coincidences,
    r.coincidences * r.weights // r.shared as weighted_millionths,
    e.millionths as expected_millionths,
    r.begun_by_a,
    r.begun_by_b,
    make_timestamp(r.first_us) as first_seen,
    make_timestamp(r.last_us) as last_seen
from replays r
join expected e on e.a = r.a and e.b = r.b
join traders x on x.account = r.account_a
join traders y on y.account = r.account_b
where r.coincidences * r.weights // r.shared > e.millionths
order by owner_a, owner_b
