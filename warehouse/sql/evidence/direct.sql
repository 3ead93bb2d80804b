-- One row per ordered pair of different owners with transfers from the one to the other.
select
    source_owner,
    min(source_account) as source_account,
    destination_owner,
    min(destination_account) as destination_account,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen,
    cast(sum(sightings) as bigint) as sightings
from transfers
where source_owner is not null and destination_owner is not null
    and source_owner <> destination_owner
group by source_owner, destination_owner
order by source_owner, destination_owner
