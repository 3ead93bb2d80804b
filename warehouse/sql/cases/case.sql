-- One row: a case, with the instant that its newest evidence speaks of. That is where the run that
-- opened the case or last added to it stopped looking; in a backfill it lies long before the clock
-- of the run, which is all that a case without such a run has. Who opens a case by hand does it from
-- what a run found.
with findings as (
    select d.as_of
    from case_moves m
    left join opened_by_hand h on h.case_id = m.case_id and m.move = 'opened'
    join detections d on d.run_id = coalesce(h.run_id, m.moved_by)
    where m.case_id = $case_id and m.move in ('opened', 'gained', 'reopened')
    order by m.seq desc
    limit 1
)
select
    cluster_id,
    root,
    follows,
    state,
    score,
    opened_at,
    opened_by,
    coalesce((select as_of from findings), opened_at) as as_of,
    coalesce(routes, []) as routes
from cases
where case_id = $case_id
