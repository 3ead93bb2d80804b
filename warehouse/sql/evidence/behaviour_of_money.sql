-- One row per owner that funds came to or went from over the exchange's edge: how often, how much, to
-- and from how many addresses, and when first and last. What moves between two owners is no edge.
create temp table money as
with moved as (
    select
        s.owner_id as sender,
        d.owner_id as receiver,
        t.source,
        t.destination,
        t.ts,
        coalesce(t.amount_usd, 0) as amount
    from read_parquet($files, hive_partitioning = false) t
    left join accounts s on s.account_id = t.source
    left join accounts d on d.account_id = t.destination
    where t.ts < $until
),
ways as (
    select receiver as owner_id, true as is_deposit, source as address, ts, amount
    from moved
    where receiver is not null and sender is null
    union all
    select sender, false, destination, ts, amount
    from moved
    where sender is not null and receiver is null
)
select
    owner_id,
    count(*) filter (where is_deposit) as deposits,
    cast(coalesce(sum(amount) filter (where is_deposit), 0) * 100 as bigint) as deposited_cents,
    count(distinct address) filter (where is_deposit) as deposit_addresses,
    min(ts) filter (where is_deposit) as first_deposit,
    count(*) filter (where not is_deposit) as withdrawals,
    cast(coalesce(sum(amount) filter (where not is_deposit), 0) * 100 as bigint) as withdrawn_cents,
    count(distinct address) filter (where not is_deposit) as withdrawal_addresses,
    max(ts) filter (where not is_deposit) as last_withdrawal
from ways
group by owner_id
