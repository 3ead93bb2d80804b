-- One row: between how many owners anybody could have met by chance, as takers times makers.
select cast(count(distinct taker) as bigint) * cast(count(distinct maker) as bigint) as ways
from wash_trades
where not own
