-- Sets the text of every rejected row of a Parquet source: the row as JSON, as it was stated.
update rejects
set text = source.text
from (
    select file_row_number + 1 as line, to_json(columns) as text
    from (
        select file_row_number, stated as columns
        from (select * from read_parquet($file, file_row_number = true, hive_partitioning = false)) as stated
        where file_row_number + 1 in (select line from rejects)
    )
) as source
where rejects.line = source.line
