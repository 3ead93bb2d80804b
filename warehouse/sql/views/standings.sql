-- One row per owner and season with points. Ranked by seasons.ranks, as the leaderboard is.
create table standings as
select season, rank, owner_id, micropoints, tier
from house.standings
order by season, rank, owner_id;

comment on table standings is 'One row per season and owner with points. Points that are held, or in escrow until their case is final, count like any others: that an owner is under review is told to that owner alone. Promise: a rank is one more than the number of owners with more points, so equals share it.';
comment on column standings.season is 'Number of the season.';
comment on column standings.rank is 'Position, from 1.';
comment on column standings.owner_id is 'Whose.';
comment on column standings.micropoints is 'Points of the season: own, held, and in escrow until a case is final.';
comment on column standings.tier is 'By the season file''s thresholds; see tiers.';
