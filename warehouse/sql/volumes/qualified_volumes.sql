-- One row per owner of an issued week: its volume as it was counted then.
select
    owner_id,
    notional_usd as notional,
    round_trip_usd as round_trip,
    qualified_usd as qualified
from qualified_volumes
where season = $season and week = $week
order by owner_id
