-- One row if the run was still claimed by the caller and now has its end; none if the claim lapsed
-- and somebody else took it over.
update runs
set state = $state, finished_at = $now, outcome = $outcome
where job = $job and period = $period and state = 'claimed' and claimed_by = $claimed_by
returning attempts
