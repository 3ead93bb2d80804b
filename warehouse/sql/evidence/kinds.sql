-- One row per asked account and instant: its kind and declared group in the version in force just
-- before the instant. An account that was unknown by then gives no row.
with versions as (
    select account_id, changed_at, kind, declared_group
    from read_parquet($files, hive_partitioning = false)
)
select a.account_id, a.as_of, coalesce(v.kind, 'retail') as kind, v.declared_group
from asked a
join versions v on v.account_id = a.account_id and v.changed_at < a.as_of
qualify row_number() over (partition by a.account_id, a.as_of order by v.changed_at desc) = 1
order by a.account_id, a.as_of
