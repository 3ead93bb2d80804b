-- One row per gap in the books: a day without fills, or a day and kind that has to be declared
-- complete and is not, or whose registered rows are fewer than declared.
with days as (
    select unnest($days::date[]) as day
),
wanted as (
    select day, 'fills' as kind, false as needs_manifest from days
    union all
    select day, kind, true from days cross join (select unnest($required::varchar[]) as kind)
),
registered as (
    select day, kind, sum("rows")::bigint as "rows" from event_files group by day, kind
)
select wanted.day, wanted.kind,
       case when wanted.needs_manifest then manifests."rows" end as declared,
       coalesce(registered."rows", 0) as registered,
       wanted.needs_manifest
from wanted
left join registered using (day, kind)
left join manifests on manifests.day = wanted.day and manifests.kind = wanted.kind
where case when wanted.needs_manifest
           then manifests."rows" is null or coalesce(registered."rows", 0) < manifests."rows"
           else coalesce(registered."rows", 0) = 0 end
order by wanted.day, wanted.kind, wanted.needs_manifest
