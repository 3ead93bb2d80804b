-- One row per stretch of time in the window for which an account's balance of one kind and asset
-- stood still: from a snapshot to the next one, or to the window's end. The last snapshot before
-- the window is carried in. Of two snapshots at one instant the greater snapshot_id holds.
with carried as (
    select
        account_id,
        kind,
        asset,
        cast($start as timestamp) as since,
        '' as snapshot_id,
        arg_max(amount_usd, (ts, snapshot_id)) as amount_usd
    from balances
    where ts < $start
    group by account_id, kind, asset
),

taken as (
    select account_id, kind, asset, ts as since, snapshot_id, amount_usd
    from balances
    where ts >= $start and ts < $end
),

stretches as (
    select
        account_id,
        kind,
        asset,
        since,
        amount_usd,
        lead(since, 1, cast($end as timestamp)) over (
            partition by account_id, kind, asset order by since, snapshot_id
        ) as until
    from (select * from carried union all select * from taken) as snapshots
)

select
    account_id,
    kind,
    asset,
    since,
    until,
    cast(amount_usd * 10000000000 as hugeint) as units
from stretches
where since < until
