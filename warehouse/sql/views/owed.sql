-- One row per memo of what cannot be taken, or given back, any more.
-- Of a week whose formula is hidden, the rows of owners whose points stand undivided wait for the
-- reveal: that something could not be taken back says that all of their own was.
create table owed as
with undivided as (
    select distinct season, week, owner_id
    from entries
    where starts_with(account, 'undivided:')
)
select owner_id, direction, season, week, micropoints, cause, reason, recorded_at
from house.owed
anti join undivided using (season, week, owner_id)
order by recorded_at, season, week, owner_id, cause;

comment on table owed is 'One row per memo of what cannot be taken, or given back, any more. It is never set off and part of no balance. Of weeks whose formula is hidden, owners with undivided points are left out until the reveal.';
comment on column owed.owner_id is 'Whom it concerns.';
comment on column owed.direction is 'by_owner (asked back, and no longer there) or to_owner (spread over others before it was found wrong).';
comment on column owed.season is 'Season that the points came from.';
comment on column owed.week is 'Week that the points came from, or 0 for the season as a whole.';
comment on column owed.micropoints is 'How much; always positive.';
comment on column owed.cause is 'What it comes from: a batch (batches.batch_id), or a case and number of its move, as in C-1a2b3c4d5e6f/7.';
comment on column owed.reason is 'As somebody wrote it.';
comment on column owed.recorded_at is 'When it was written down, UTC.';
