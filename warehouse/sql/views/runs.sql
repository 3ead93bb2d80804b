-- One row per job and period: what ran, what failed, what is running.
create table runs as
select job, period, state, attempts, claimed_at, finished_at, outcome
from house.runs
order by claimed_at, job, period;

comment on table runs is 'One row per job and period.';
comment on column runs.job is 'Which job.';
comment on column runs.period is 'What it was for, such as a week.';
comment on column runs.state is 'claimed, done or failed.';
comment on column runs.attempts is 'How often it was begun.';
comment on column runs.claimed_at is 'When it was begun last, UTC.';
comment on column runs.finished_at is 'When it ended, UTC, or null.';
comment on column runs.outcome is 'One line about how it ended, or null.';
