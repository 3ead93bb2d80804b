-- One row per issued week and market: its volume, and how much of it was between one and the same, in
-- rings, and in round trips, as it was counted when the week was issued.
create table wash_shares as
with units as (
    select
        *,
        (notional_usd * 10000000000)::hugeint as notional,
        (matched_usd * 10000000000)::hugeint as matched,
        (round_trip_usd * 10000000000)::hugeint as round_trip
    from house.wash_shares
)
select
    season, week, market, notional_usd, own_usd, matched_usd, round_trip_usd,
    case when notional > 0 then (matched * 10000 // notional)::integer end as matched_bps,
    case when notional > 0 then (round_trip * 10000 // notional)::integer end as round_trip_bps
from units
order by season, week, market;

comment on table wash_shares is 'One row per issued week and market: what was traded, each trade once, and how much of it among owners who met far more often than chance. Numbers of activity, of no formula. That trades came back to nothing does not say why. Weeks issued before this was measured have no rows. Promise: round_trip_usd <= matched_usd, and own_usd + matched_usd <= notional_usd.';
comment on column wash_shares.season is 'Number of the season.';
comment on column wash_shares.week is 'Number of the week.';
comment on column wash_shares.market is 'As in SOL-PERP.';
comment on column wash_shares.notional_usd is 'USD of all trades that stood.';
comment on column wash_shares.own_usd is 'USD of those with one owner, or one confirmed case, on both sides; they count in no measure.';
comment on column wash_shares.matched_usd is 'USD of those inside rings: two owners or more who took from one another far more often than chance, in both directions or in a circle.';
comment on column wash_shares.round_trip_usd is 'USD of those after which both owners were back to what they held, within the stretches of the season file; whether they count says qualified_volume in the season''s terms (closes).';
comment on column wash_shares.matched_bps is 'matched_usd in hundredths of a percent of notional_usd, floored; null where nothing was traded.';
comment on column wash_shares.round_trip_bps is 'round_trip_usd, likewise.';
