-- One row per column of a Parquet file, in order, with its DuckDB type.
select column_name, column_type
from (describe select * from read_parquet($file, hive_partitioning = false))
