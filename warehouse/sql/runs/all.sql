-- One row per run, oldest claim first.
select job, period, state, claimed_by, claimed_at, claimed_until, attempts, finished_at, outcome
from runs
order by claimed_at, job, period
