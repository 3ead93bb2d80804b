-- One row: how many owners signed up on the median day on which anybody did.
with firsts as (
    select coalesce(owner_id, account_id) as owner_id, min(opened_at) as opened_at
    from read_parquet($accounts, hive_partitioning = false)
    where changed_at < $until and opened_at is not null
    group by 1
),
days as (
    select cast(opened_at as date) as day, count(*) as owners from firsts group by day
)
select 'sign_up_burst' as signal, cast(quantile_disc(owners, 0.5) as bigint) as median_holders
from days
