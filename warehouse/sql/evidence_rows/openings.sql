-- One row per take that made a position of an owner of the case larger, numbered in the order in which
-- sequences are read (evidence/sequences). Who trades a market by the clock is left out of it.
create temp table openings as
with owners as (
    select distinct owner, owner_id from traders where owner_id in (select owner_id from sides)
),
positions as (
    select
        t.owner,
        o.owner_id,
        t.market,
        t.buys,
        t.tick,
        t.first_us,
        case when t.buys then t.quantity else -t.quantity end as change,
        sum(case when t.buys then t.quantity else -t.quantity end) over (
            partition by t.owner, t.market order by t.first_us, t.buys
            rows between unbounded preceding and current row
        ) as held
    from takes t
    join owners o on o.owner = t.owner
)
select
    p.owner,
    p.owner_id,
    p.market,
    p.buys,
    p.tick,
    p.first_us,
    row_number() over (partition by p.owner order by p.first_us, p.market, p.buys) as nth
from positions p
anti join clockwork c on c.owner = p.owner and c.market = p.market
where abs(p.held) > abs(p.held - p.change)
