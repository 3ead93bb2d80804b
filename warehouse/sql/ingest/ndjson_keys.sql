-- One row: the keys of the first JSON object in the registered chunk `lines`, and all keys that
-- occur in it. No row where there is no object.
with objects as (
    select line,
           case when json_valid(text)
                then case when json_type(text) = 'OBJECT' then json_keys(text) end end as keys
    from lines
)
select first(keys order by line), list_distinct(flatten(list(keys)))
from objects
where keys is not null
having count(*) > 0
