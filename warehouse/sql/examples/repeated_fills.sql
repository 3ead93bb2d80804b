-- Fills whose id stands on more than one day: ingest keeps ids apart within a day only.
select fill_id, list(distinct ts::date order by ts::date) as days
from fills
group by fill_id
having count(distinct ts::date) > 1
order by fill_id;
