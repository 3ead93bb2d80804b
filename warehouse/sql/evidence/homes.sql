-- One row per (owner, address) where an owner made at least a third of all its logins, at addresses that
-- are so for at least two owners and that at most $cap owners used at all: what people who live under
-- one roof have in common, at whatever hours they are in.
with used as (
    select
        owner_id,
        min(account_id) as account_id,
        value_hash,
        min(hour) as first_seen,
        max(hour) as last_seen,
        cast(sum(sightings) as bigint) as sightings
    from network_hours
    group by owner_id, value_hash
),
weighed as (
    select
        *,
        sum(sightings) over (partition by owner_id) as logins,
        count(*) over (partition by value_hash) as visitors
    from used
),
lived_at as (
    select *, count(*) over (partition by value_hash) as residents
    from weighed
    where 3 * sightings >= logins and visitors <= $cap
)
select owner_id, account_id, 'home' as signal, value_hash, first_seen, last_seen, sightings
from lived_at
where residents >= 2
order by owner_id, value_hash
