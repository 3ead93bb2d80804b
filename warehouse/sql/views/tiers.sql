-- One row per tier of a season, as its season file sets them.
create table tiers as
select season, tier, least_micropoints
from house.tiers
order by season, least_micropoints;

comment on table tiers is 'One row per season and tier.';
comment on column tiers.season is 'Number of the season.';
comment on column tiers.tier is 'Bronze, Silver, Gold, Platinum, Diamond or Challenger.';
comment on column tiers.least_micropoints is 'Where the tier begins.';
