-- One row per account that existed at $until, those of the exchange itself included.
select distinct account_id
from read_parquet($files, hive_partitioning = false)
where changed_at < $until
order by account_id
