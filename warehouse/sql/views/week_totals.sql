-- One row per week with ledger entries: where the week's points came from and where they are now.
create view week_totals as
select
    season, week,
    -coalesce(sum(micropoints) filter (where starts_with(account, 'emission:')), 0)::bigint
        as issued_micropoints,
    -coalesce(sum(micropoints) filter (where starts_with(account, 'budget:')), 0)::bigint
        as dropped_micropoints,
    coalesce(sum(micropoints) filter (where owner_id is not null and case_id is null), 0)::bigint
        as owners_micropoints,
    coalesce(sum(micropoints) filter (where starts_with(account, 'held:')), 0)::bigint
        as held_micropoints,
    coalesce(sum(micropoints) filter (where starts_with(account, 'escrow:')), 0)::bigint
        as escrow_micropoints,
    coalesce(sum(micropoints) filter (where account = 'reserve'), 0)::bigint
        as reserve_micropoints,
    count(distinct owner_id) as owners
from entries
group by season, week;

comment on view week_totals is 'One row per week with ledger entries. Promise: issued + dropped = owners + escrow + reserve, and an issued week has issued exactly its emission.';
comment on column week_totals.season is 'Number of the season.';
comment on column week_totals.week is 'Number of the week, or 0 for the season as a whole.';
comment on column week_totals.issued_micropoints is 'Out of the week''s emission.';
comment on column week_totals.dropped_micropoints is 'Out of declared budgets, by drops and adjustments, less what adjustments took back; negative where they took back more.';
comment on column week_totals.owners_micropoints is 'With owners: own, held and undivided points.';
comment on column week_totals.held_micropoints is 'The part of owners_micropoints that stands in held: accounts; before the week''s formula is revealed without what stands in undivided: accounts, so that it may be less than the issue said.';
comment on column week_totals.escrow_micropoints is 'In escrow; before the reveal without what stands in undivided: accounts, likewise.';
comment on column week_totals.reserve_micropoints is 'In the reserve: what a settlement could give to nobody.';
comment on column week_totals.owners is 'Number of owners with entries.';
