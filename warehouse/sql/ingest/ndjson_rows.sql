-- One row per record of the registered chunk `lines`: the values of the known columns in their
-- order, their JSON types, and what is wrong with the record's shape. An empty line is no record.
-- DuckDB reads a JSON number as a double, so the types say which values are still exact. Only a CASE keeps
-- the JSON functions from text that is no JSON, on which they raise.
with records as (
    select line, rtrim(text, chr(10) || chr(13)) as record from lines
),
objects as (
    select line, record,
           case when json_valid(record) then json_type(record) = 'OBJECT' else false end as whole
    from records where trim(record, ' ' || chr(9)) <> ''
),
keyed as (
    select *, case when whole then json_keys(record) end as keys from objects
)
select line,
       case when whole then json_extract_string(record, $paths) end as fields,
       case when whole then json_type(record, $paths) end as types,
       case when not whole then 1
            when len(list_distinct(keys)) < len(keys) then 2
            when not list_has_all($names, keys) then 3 end as trouble
from keyed
