-- One row per market that was traded, numbered in the order of the names.
create temp table markets as
select market, cast(row_number() over (order by market) as smallint) as number
from (
    select distinct market from read_parquet($files, hive_partitioning = false) where ts < $until
)
