-- One row per pair of owners who opened the same rare sequences (the table sequences) on at least
-- $least days each, and more often than chance has it: on how many days, the same weighted by rarity,
-- and on how many days each of the two was first.
with rare as (
    select distinct market, sequence, holders, weight from sequences
),
chances as (
    select
        market,
        sum(cast(holders as hugeint) * (holders - 1) * weight) as met,
        sum(cast(holders as hugeint)) * sum(cast(holders as hugeint)) as possible
    from rare
    group by market
),
activity as (
    select owner, market, cast(count(*) as hugeint) as sequences
    from sequences
    group by owner, market
),
shared as (
    select * from sequences where holders >= 2
),
replays as (
    select
        c.a,
        c.b,
        min(x.account) as account_a,
        min(y.account) as account_b,
        least(count(distinct x.day), count(distinct y.day)) as coincidences,
        count(*) as shared,
        cast(sum(x.weight) as bigint) as weights,
        count(distinct x.day) filter (where x.began_us < y.began_us) as begun_by_a,
        count(distinct y.day) filter (where y.began_us < x.began_us) as begun_by_b,
        min(greatest(x.began_us, y.began_us)) as first_us,
        max(greatest(x.began_us, y.began_us)) as last_us
    from shared_sequences c
    join shared x on x.owner = c.a
    join shared y on y.owner = c.b and y.sequence = x.sequence and y.market = x.market
    where c.shared >= $least
    group by c.a, c.b
    having least(count(distinct x.day), count(distinct y.day)) >= $least
),
expected as (
    select r.a, r.b, cast(sum(x.sequences * y.sequences * c.met // c.possible) as bigint) as millionths
    from replays r
    join activity x on x.owner = r.a
    join activity y on y.owner = r.b and y.market = x.market
    join chances c on c.market = x.market
    group by r.a, r.b
),
weighed as (
    select
        r.*,
        r.coincidences * r.weights // r.shared as weighted,
        e.millionths,
        r.coincidences * r.weights / r.shared / 1e6 as seen,
        4 * greatest(e.millionths, 1) / 1e6 as chance
    from replays r
    join expected e on e.a = r.a and e.b = r.b
),
population as (
    select count(distinct owner) as owners from traders
)
select
    x.owner_id as owner_a,
    x.account_id as account_a,
    y.owner_id as owner_b,
    y.account_id as account_b,
    r.coincidences,
    r.weighted as weighted_millionths,
    r.millionths as expected_millionths,
    r.begun_by_a,
    r.begun_by_b,
    make_timestamp(r.first_us) as first_seen,
    make_timestamp(r.last_us) as last_seen
from weighed r
cross join population p
join traders x on x.account = r.account_a
join traders y on y.account = r.account_b
where r.seen > r.chance
    and r.seen * log2(r.seen / r.chance) - (r.seen - r.chance) / ln(2)
        >= 2 * log2(greatest(p.owners, 2)) - 1
order by owner_a, owner_b
