-- One row per season and budget: what the season file declares, and what has left it.
create table budgets as
with spent as (
    select season, substr(account, 8) as budget, -sum(micropoints)::bigint as micropoints
    from entries
    where starts_with(account, 'budget:')
    group by season, budget
)
select
    season, budget, d.purpose, d.declared_micropoints,
    coalesce(s.micropoints, 0) as spent_micropoints,
    d.declared_micropoints - coalesce(s.micropoints, 0) as left_micropoints
from house.budgets as d
full join spent as s using (season, budget)
order by season, budget;

comment on table budgets is 'One row per season and budget for points by hand, beside the weekly emission. Promise: nothing is given beyond what the season file declares at the time.';
comment on column budgets.season is 'Number of the season.';
comment on column budgets.budget is 'Its name; the ledger''s account is budget:<name>.';
comment on column budgets.purpose is 'What it is for, as the season file says.';
comment on column budgets.declared_micropoints is 'What the season file declares today; null where it no longer names the budget.';
comment on column budgets.spent_micropoints is 'What has left it by drops and adjustments, less what adjustments took back; negative where they took back more.';
comment on column budgets.left_micropoints is 'declared - spent.';
