-- One row per week whose books are closed, with the gap that an operator accepted, if any.
create table closes as
with covered as (
    select season, week, count(*) as files
    from house.close_files
    group by season, week
)
select season, week, closed_at, coalesce(files, 0) as files, missing, accepted_missing, season_terms
from house.closes
left join covered using (season, week)
order by season, week;

comment on table closes is 'One row per week whose books are closed. An event stored after the close is late and without effect on the week.';
comment on column closes.season is 'Number of the season.';
comment on column closes.week is 'Number of the week.';
comment on column closes.closed_at is 'When the books closed, UTC.';
comment on column closes.files is 'Number of registered event files that the close covers; a replay reads exactly those.';
comment on column closes.missing is 'What was missing when they closed, one sentence each.';
comment on column closes.accepted_missing is 'The operator''s reason to close over a gap, or null.';
comment on column closes.season_terms is 'The season''s terms in force, as JSON.';
