-- One row per claim that was held by a process that is gone; it may be taken up again at once.
update runs
set state = 'failed', finished_at = $now, outcome = 'the process that claimed it is gone'
where state = 'claimed' and starts_with(claimed_by, $prefix)
returning job, period
