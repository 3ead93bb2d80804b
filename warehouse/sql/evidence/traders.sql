-- One row per account that order flow is read of, as it stood at $until: those of the exchange itself
-- and of declared market makers are left out, for they answer everybody. Accounts and owners are
-- numbered in the order of their ids, so that millions of rows stay small.
create temp table traders as
with versions as (
    select account_id, changed_at, owner_id, kind
    from read_parquet($files, hive_partitioning = false)
    where changed_at < $until
),
in_force as (
    select account_id, coalesce(owner_id, account_id) as owner_id, coalesce(kind, 'retail') as kind
    from versions
    qualify row_number() over (partition by account_id order by changed_at desc) = 1
)
select
    account_id,
    owner_id,
    cast(row_number() over (order by account_id) as integer) as account,
    cast(dense_rank() over (order by owner_id) as integer) as owner
from in_force
where kind not in ('system', 'market_maker')
