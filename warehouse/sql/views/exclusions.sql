-- One row per owner and week: activity that earned nothing because a rule excludes the owner.
create table exclusions as
select season, week, owner_id, reason
from house.exclusions
order by season, week, owner_id;

comment on table exclusions is 'One row per owner with activity in a week who earned nothing because of a rule of the season file.';
comment on column exclusions.season is 'Number of the season.';
comment on column exclusions.week is 'Number of the week.';
comment on column exclusions.owner_id is 'Who was excluded.';
comment on column exclusions.reason is 'Which rule.';
