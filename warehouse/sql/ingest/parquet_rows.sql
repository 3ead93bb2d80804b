-- One row per row of a Parquet file, numbered from 1; its shape is never wrong.
select file_row_number + 1 as line, null::integer as trouble, * exclude (file_row_number)
from read_parquet($file, file_row_number = true, hive_partitioning = false)
