-- One row if the caller now holds the claim of a run, none if it does not: the run is done already,
-- or somebody else's claim still stands. One conditional write, so that two processes can't both win.
insert into runs (job, period, state, claimed_by, claimed_at, claimed_until, attempts)
values ($job, $period, 'claimed', $claimed_by, $now, $until, 1)
on conflict (job, period) do update set
    state = 'claimed',
    claimed_by = $claimed_by,
    claimed_at = $now,
    claimed_until = $until,
    attempts = runs.attempts + 1,
    finished_at = null,
    outcome = null
where runs.state = 'failed' or (runs.state = 'claimed' and runs.claimed_until < $now)
returning attempts
