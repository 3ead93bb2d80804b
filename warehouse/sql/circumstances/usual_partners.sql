-- One row per signal of the newest detection that fewer than half of $owners owners show: the median
-- owner has no partner in it.
with ends as (
    select signal, unnest([owner_a, owner_b]) as owner_id from evidence_edges
)
select signal, cast(0 as bigint) as median_holders
from ends
group by signal
having count(distinct owner_id) * 2 < $owners
order by signal
