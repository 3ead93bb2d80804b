-- One row per owner and week of origin: what is theirs, what is held while a case waits, and what a
-- decision took that is not final. A release or a restoration counts for the week that the points
-- came from, and so does what was spread from others of that week.
create view points as
select
    season, week, owner_id,
    sum(micropoints)::bigint as micropoints,
    coalesce(sum(micropoints) filter (where starts_with(account, 'owner:')), 0)::bigint
        as own_micropoints,
    coalesce(sum(micropoints) filter (where starts_with(account, 'held:')), 0)::bigint
        as held_micropoints,
    coalesce(sum(micropoints) filter (where starts_with(account, 'escrow:')), 0)::bigint
        as escrowed_micropoints,
    coalesce(sum(micropoints) filter (where starts_with(account, 'undivided:')), 0)::bigint
        as undivided_micropoints
from entries
where owner_id is not null
group by season, week, owner_id;

comment on view points is 'One row per owner and week that the points came from. Promise: micropoints = own + held + escrowed + undivided, none of them negative; over a season they add up to the owner''s standing.';
comment on column points.season is 'Number of the season.';
comment on column points.week is 'Week that the points came from, or 0 for the season as a whole.';
comment on column points.owner_id is 'Whose points.';
comment on column points.micropoints is 'All that count in public: held ones, and those in escrow until their case is final, included.';
comment on column points.own_micropoints is 'What is theirs.';
comment on column points.held_micropoints is 'What is held while a case is undecided or not final. For analysts: in public, held points count like any others.';
comment on column points.escrowed_micropoints is 'What a decision took and may still give back; gone once its case is final. For analysts, likewise.';
comment on column points.undivided_micropoints is 'Own, held and escrowed together, where telling them apart has to wait for the reveal (see entries).';
