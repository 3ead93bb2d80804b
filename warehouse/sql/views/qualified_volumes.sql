-- One row per issued week and owner with counted trades or round trips: its volume over all markets, as
-- it was counted when the week was issued. Every market and product in one sum, since it is of activity
-- and no formula's business; the same can be added up from fills.
create table qualified_volumes as
select season, week, owner_id, notional_usd, round_trip_usd, qualified_usd
from house.qualified_volumes
order by season, week, owner_id;

comment on table qualified_volumes is 'One row per issued week and owner with counted trades or round trips, eligible or not: the notional of its sides over all markets, as maker and as taker. Numbers of activity, of no pool. Weeks issued before this was measured have no rows. Promise: qualified_usd is notional_usd, or notional_usd - round_trip_usd where the season leaves round trips out.';
comment on column qualified_volumes.season is 'Number of the season.';
comment on column qualified_volumes.week is 'Number of the week.';
comment on column qualified_volumes.owner_id is 'Who traded.';
comment on column qualified_volumes.notional_usd is 'USD of its sides of trades with others; those with itself, or within one confirmed case, are not in it.';
comment on column qualified_volumes.round_trip_usd is 'USD of them that were round trips inside a ring.';
comment on column qualified_volumes.qualified_usd is 'USD of them that the measures used.';
