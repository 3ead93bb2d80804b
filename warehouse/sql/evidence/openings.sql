-- One row per take that made a position of its owner larger, save in markets that the owner trades by
-- the clock (the table clockwork).
create temp table openings as
with changes as (
    select
        owner,
        account,
        market,
        buys,
        first_us,
        case when buys then millionths else -millionths end as change
    from takes
),
positions as (
    select
        *,
        sum(change) over (
            partition by owner, market order by first_us, buys
            rows between unbounded preceding and current row
        ) as held
    from changes
)
select p.owner, p.account, p.market, p.buys, p.first_us as us
from positions p
anti join clockwork c on c.owner = p.owner and c.market = p.market
where abs(p.held) > abs(p.held - p.change)
