-- One row per id that occurs on more than one UTC day, from the relation `events` (id, day) that
-- the caller puts in front.
select id, list_sort(list_distinct(list(day))) as days
from events
group by id
having count(distinct day) > 1
order by id
