-- One row per record of the registered chunk `lines`: its fields, and what is wrong with its shape.
-- An empty line is no record.
with records as (
    select line, rtrim(text, chr(10) || chr(13)) as record from lines
),
split as (
    select line, csv_fields(record) as fields from records where record <> ''
)
select line, fields, null::varchar[] as types,
       case when fields is null then 1
            when len(fields) < $width then 2
            when len(fields) > $width then 3 end as trouble
from split
