-- One row per quarantined source row, from the private file that also holds its text.
insert into quarantine
select $source, $file_name, $kind, line, "column", reason, $now
from read_parquet($rejects, hive_partitioning = false)
order by line
