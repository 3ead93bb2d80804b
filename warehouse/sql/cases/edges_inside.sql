-- One row per piece of evidence between two owners of one cluster of the newest detection.
with owners as (
    select distinct owner_id from cluster_members where cluster_id = $cluster_id
)
select
    e.account_a,
    e.account_b,
    e.family,
    e.signal,
    e.value_hash,
    e.holders,
    e.weight_millibits,
    e.two_sided,
    e.first_seen,
    e.last_seen,
    e.sightings,
    e.owner_a,
    e.owner_b
from evidence_edges e
join owners a on a.owner_id = e.owner_a
join owners b on b.owner_id = e.owner_b
order by e.owner_a, e.owner_b, e.family, e.signal, e.value_hash
