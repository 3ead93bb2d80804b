-- One row per owner and kind: amount times time, in 10^-10 USD times microseconds.
-- Lent, borrowed and collateral: what is positive, of the accounts that earn. Positions: netted
-- across all of the owner's accounts per asset, and the absolute net integrated over the steps of
-- all of them together. Where an owner also has accounts of an excluded kind, their legs can lower
-- what counts (a hedge is no open interest) and never raise it: the lesser of both nets counts.
with amounts as (
    select
        earning.owner_id,
        steps.kind,
        sum(steps.units * date_diff('microsecond', steps.since, steps.until)) as usd_time
    from steps
    inner join earning on steps.account_id = earning.account_id
    where steps.kind <> 'position' and steps.units > 0
    group by earning.owner_id, steps.kind
),

legs as (
    select
        accounts.owner_id,
        steps.asset,
        steps.since,
        steps.until,
        steps.units,
        case when earning.account_id is null then 0 else steps.units end as earning_units
    from steps
    inner join accounts on steps.account_id = accounts.account_id
    left join earning on steps.account_id = earning.account_id
    where steps.kind = 'position'
),

changes as (
    select owner_id, asset, since as instant, units, earning_units from legs
    union all
    select owner_id, asset, until as instant, -units, -earning_units from legs
),

instants as (
    select
        owner_id,
        asset,
        instant,
        sum(units) as units,
        sum(earning_units) as earning_units
    from changes
    group by owner_id, asset, instant
),

nets as (
    select
        owner_id,
        least(abs(sum(units) over so_far), abs(sum(earning_units) over so_far)) as units,
        date_diff(
            'microsecond', instant, lead(instant, 1, instant) over (partition by owner_id, asset order by instant)
        ) as microseconds
    from instants
    window so_far as (
        partition by owner_id, asset
        order by instant
        rows between unbounded preceding and current row
    )
),

positions as (
    select owner_id, 'position' as kind, sum(units * microseconds) as usd_time
    from nets
    group by owner_id
),

kinds as (
    select owner_id, kind, usd_time from amounts
    union all
    select owner_id, kind, usd_time from positions
)

select owner_id, kind, usd_time
from kinds
where usd_time > 0
order by owner_id, kind
