-- How much of each market's volume came back to nothing, the last issued week first.
select season, week, market, notional_usd, matched_bps / 100 as matched_percent,
    round_trip_bps / 100 as round_trip_percent
from wash_shares
order by season desc, week desc, round_trip_bps desc, market;
