-- One row per (source, destination): when and how often funds went from the one to the other. An end
-- that is a known account has an owner; an end without one is an address, named by its hash. What came before an
-- account changed hands is left out.
create temp table transfers as
with transfers as (
    select t.source, t.destination, t.ts
    from read_parquet($files, hive_partitioning = false) t
    left join hand_overs s on s.account_id = t.source
    left join hand_overs d on d.account_id = t.destination
    where t.ts < $until
        and (s.begins is null or t.ts >= s.begins)
        and (d.begins is null or t.ts >= d.begins)
),
routes as (
    select
        source,
        destination,
        min(ts) as first_seen,
        max(ts) as last_seen,
        count(*) as sightings
    from transfers
    group by source, destination
)
select
    s.owner_id as source_owner,
    r.source as source_account,
    sha256(r.source) as source_hash,
    d.owner_id as destination_owner,
    r.destination as destination_account,
    sha256(r.destination) as destination_hash,
    r.first_seen,
    r.last_seen,
    r.sightings
from routes r
left join accounts s on s.account_id = r.source
left join accounts d on d.account_id = r.destination
