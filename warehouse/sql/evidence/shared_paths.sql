-- One row per (owner, signal, address outside) on the paths of at least two owners and at most $cap,
-- where at least one of them came or went through another address first.
with outside as (
    select
        *,
        count(*) over (partition by signal, address) as holders,
        max(hops) over (partition by signal, address) as furthest
    from paths
    where met is null
)
select
    owner_id,
    account_id,
    signal,
    sha256(address) as value_hash,
    hops,
    spent,
    cast(holders as integer) as holders,
    first_seen,
    last_seen,
    sightings
from outside
where holders between 2 and $cap and furthest > 0
order by signal, value_hash, owner_id
