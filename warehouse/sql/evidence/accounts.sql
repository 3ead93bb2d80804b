-- One row per account as it stood at $until, accounts of the exchange itself (kind system) left out:
-- they are where everybody's funds go through, so for the evidence they are addresses.
with versions as (
    select account_id, changed_at, opened_at, owner_id, kind, declared_group
    from read_parquet($files, hive_partitioning = false)
    where changed_at < $until
),
in_force as (
    select *
    from versions
    qualify row_number() over (partition by account_id order by changed_at desc) = 1
)
select
    account_id,
    coalesce(owner_id, account_id) as owner_id,
    opened_at,
    declared_group,
    coalesce(kind, 'retail') as kind
from in_force
where coalesce(kind, 'retail') <> 'system'
order by account_id
