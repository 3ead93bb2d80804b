-- One row per market of an issued week: its volume as it was counted then.
select
    market,
    notional_usd as notional,
    own_usd as own,
    matched_usd as matched,
    round_trip_usd as round_trip
from wash_shares
where season = $season and week = $week
order by market
