-- One row: how many accounts the median referrer brought.
with brought as (
    select referrer_id, count(distinct referee_id) as accounts
    from read_parquet($referrals, hive_partitioning = false)
    where ts < $until
    group by referrer_id
)
select 'referral' as signal, cast(quantile_disc(accounts, 0.5) as bigint) as median_holders
from brought
