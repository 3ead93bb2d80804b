-- One row per staged line whose key is there already, in an earlier line or in a registered file
-- (`history`, where a key occurs at most once a day); same says whether its content is the same
-- too. The digest finds the few candidates fast; the keys themselves decide.
create or replace temp table repeats as
with suspects as (
    select digest from stage group by digest having count(*) > 1
    union
    select digest from stage semi join history using (digest)
),
contenders as (
    select 0 as line, key, content from history semi join suspects using (digest)
    union all
    select line, key, content from staged semi join suspects using (digest)
),
judged as (
    select line,
           row_number() over same_key as place,
           content is not distinct from first_value(content) over same_key as same
    from contenders
    window same_key as (partition by key order by line)
)
select line, same from judged where place > 1 and line > 0
