-- Opens each case that was found; one row per case that could be opened. A case that follows another
-- belongs to the chain of that one, which has to be there and may be followed only once.
insert into cases by name
select
    f.case_id,
    f.cluster_id,
    'open' as state,
    f.score,
    $now as opened_at,
    $run_id as opened_by,
    coalesce(before.root, f.case_id) as root,
    f.follows,
    nullif(f.routes, []) as routes
from found f
left join cases before on before.case_id = f.follows
where f.opened
    and (f.follows is null or before.case_id is not null)
    and not exists (select 1 from cases later where later.follows = f.follows)
returning case_id
