-- One row per pair of owners that took opposite sides of one market in the same cell of $seconds, at
-- least $least times and far more often than chance has it, with sizes at most $ratio apart.
-- Left out are cells that more than $crowd legs share, for on a busy market somebody is always there,
-- and of the others the fullest, where all pairs together would be more than $budget.
-- Who trades a market by the clock (the table clockwork) is left out of it.
-- Who took both sides within one cell took neither against anybody.
with legs as (
    select
        t.owner,
        min(t.account) as account,
        t.market,
        bool_and(t.buys) as buys,
        t.tick // ($seconds // 5) as cell,
        min(t.first_us) as first_us,
        sum(t.cents) as cents
    from takes t
    anti join clockwork c on c.owner = t.owner and c.market = t.market
    group by t.owner, t.market, cell
    having bool_and(buys) or not bool_or(buys)
),
cells as (
    select
        market,
        cell,
        count(*) as legs,
        count(*) filter (where buys) as buyers,
        count(*) filter (where not buys) as sellers
    from legs
    group by market, cell
    having count(*) <= $crowd
),
costs as (
    select legs, sum(sum(buyers * sellers)) over (order by legs) as pairs
    from cells
    group by legs
),
quiet as (
    select c.market, c.cell, c.legs, c.buyers > 0 and c.sellers > 0 as has_both
    from cells c
    join costs k on k.legs = c.legs
    where k.pairs <= $budget
),
-- The chance that two legs of a market fall into one cell, from how its activity is spread.
rhythms as (
    select
        market,
        sum(cast(legs as hugeint) * legs) as met,
        sum(cast(legs as hugeint)) * sum(cast(legs as hugeint)) as possible
    from quiet
    group by market
),
quiet_legs as materialized (
    select l.*, q.has_both from legs l join quiet q on q.market = l.market and q.cell = l.cell
),
activity as (
    select owner, market, buys, cast(count(*) as hugeint) as cells
    from quiet_legs
    group by owner, market, buys
),
-- Who was in a cell with anybody on the other side less than $least times meets nobody that often.
able as materialized (
    select *
    from quiet_legs
    where has_both
    qualify count(*) over (partition by owner) >= $least
),
candidates as (
    select least(b.owner, s.owner) as a, greatest(b.owner, s.owner) as b
    from able b
    join able s on s.market = b.market and s.cell = b.cell
    where b.buys and not s.buys
    group by 1, 2
    having count(*) >= $least
),
meetings as (
    select
        least(b.owner, s.owner) as a,
        greatest(b.owner, s.owner) as b,
        min(case when b.owner < s.owner then b.account else s.account end) as account_a,
        min(case when b.owner < s.owner then s.account else b.account end) as account_b,
        count(*) as coincidences,
        count(*) filter (where b.owner < s.owner) as bought_by_a,
        count(*) filter (where (b.owner < s.owner) = (b.first_us < s.first_us)) as begun_by_a,
        min(greatest(b.first_us, s.first_us)) as first_us,
        max(greatest(b.first_us, s.first_us)) as last_us
    from able b
    join able s on s.market = b.market and s.cell = b.cell
    join candidates c on c.a = least(b.owner, s.owner) and c.b = greatest(b.owner, s.owner)
    where b.buys and not s.buys
        and b.cents <= s.cents * $ratio
        and s.cents <= b.cents * $ratio
    group by 1, 2
    having count(*) >= $least
),
expected as (
    select m.a, m.b, sum(x.cells * y.cells * r.met * 1000000 // r.possible) as millionths
    from meetings m
    join activity x on x.owner = m.a
    join activity y on y.owner = m.b and y.market = x.market and y.buys <> x.buys
    join rhythms r on r.market = x.market
    group by m.a, m.b
),
often as (
    select m.*, cast(e.millionths as bigint) as expected_millionths
    from meetings m
    join expected e on e.a = m.a and e.b = m.b
    where cast(m.coincidences as hugeint) * 1000000 > 4 * e.millionths
),
-- Who trades the same as somebody else meets its own kind more often on the same side.
same as (
    select o.a, o.b, count(*) as same_side
    from often o
    join quiet_legs x on x.owner = o.a
    join quiet_legs y
        on y.owner = o.b and y.market = x.market and y.cell = x.cell and y.buys = x.buys
    group by o.a, o.b
),
-- One against the rest is level: what an owner and all whom it meets took in a cell adds up to about
-- nothing. Rivals who act on the same news take what each likes.
partners as (
    select a as owner, b as partner from often
    union all
    select b as owner, a as partner from often
),
tables as (
    select
        o.owner,
        o.market,
        o.cell,
        case when bool_and(o.buys) then 1 else -1 end * min(o.cents) as own,
        sum(case when l.buys then l.cents else -l.cents end) as theirs,
        min(o.cents) + sum(l.cents) as gross
    from partners p
    join quiet_legs o on o.owner = p.owner
    join quiet_legs l on l.owner = p.partner and l.market = o.market and l.cell = o.cell
    group by o.owner, o.market, o.cell
),
balances as (
    select owner, cast(sum(abs(own + theirs)) * 10000 // sum(gross) as bigint) as open_bps
    from tables
    group by owner
)
select
    x.owner_id as owner_a,
    x.account_id as account_a,
    y.owner_id as owner_b,
    y.account_id as account_b,
    o.coincidences,
    o.expected_millionths,
    o.bought_by_a,
    o.begun_by_a,
    coalesce(s.same_side, 0) as same_side,
    greatest(p.open_bps, q.open_bps) as open_bps,
    make_timestamp(o.first_us) as first_seen,
    make_timestamp(o.last_us) as last_seen
from often o
left join same s on s.a = o.a and s.b = o.b
join balances p on p.owner = o.a
join balances q on q.owner = o.b
join traders x on x.account = o.account_a
join traders y on y.account = o.account_b
order by owner_a, owner_b
