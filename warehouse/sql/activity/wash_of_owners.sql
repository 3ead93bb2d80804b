-- One row per owner who earns and whose trades were part of round trips: the notional of its sides.
with sides as (
    select maker_id as account_id, notional_usd from round_trips
    union all
    select taker_id, notional_usd from round_trips
)

select earning.owner_id, sum(sides.notional_usd) as round_trip
from sides
inner join earning on sides.account_id = earning.account_id
group by earning.owner_id
order by earning.owner_id
