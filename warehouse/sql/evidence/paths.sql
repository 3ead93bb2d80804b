-- One row per (owner, signal, address, hops): addresses that an owner's money came from or went to
-- over $hops transfers at most, hop 0 being where it met the exchange.
-- From each address only one way goes on: to the source of at least half of all that it received
-- (deposit_origin), or to the destination of at least half of all that it sent (withdrawal_end). Dust
-- therefore never turns a path, and paths grow with transfers and not with their product. A path ends
-- at an address that more than $cap others have dealt with on that side: an exchange, a bridge.
create temp table paths as
with recursive moves as (
    select t.source, t.destination, t.ts, coalesce(t.amount_usd, 0) as usd
    from read_parquet($files, hive_partitioning = false) t
    left join hand_overs s on s.account_id = t.source
    left join hand_overs d on d.account_id = t.destination
    where t.ts < $until
        and (s.begins is null or t.ts >= s.begins)
        and (d.begins is null or t.ts >= d.begins)
),
flows as (
    select
        t.source,
        t.destination,
        s.owner_id as source_owner,
        d.owner_id as destination_owner,
        sum(t.usd) as usd,
        count(*) as sightings,
        min(t.ts) as first_seen,
        max(t.ts) as last_seen
    from moves t
    left join accounts s on s.account_id = t.source
    left join accounts d on d.account_id = t.destination
    group by t.source, t.destination, s.owner_id, d.owner_id
),
received as (
    select destination as address, sum(usd) as usd from flows group by destination
),
sent as (
    select source as address, sum(usd) as usd, count(*) as destinations
    from flows
    group by source
),
gave as (
    select destination as address, count(*) as sources from flows group by destination
),
steps as (
    select 'deposit_origin' as signal, f.destination as here, f.source as there, f.source_owner as met,
        f.usd, r.usd - f.usd as others, f.first_seen
    from flows f
    join received r on r.address = f.destination
    join sent s on s.address = f.source
    where f.destination_owner is null and 2 * f.usd >= r.usd and f.usd > 0
        and (s.destinations <= $cap or f.source_owner is not null)
    qualify row_number() over (partition by f.destination order by f.usd desc, f.source) = 1
    union all
    select 'withdrawal_end' as signal, f.source as here, f.destination as there,
        f.destination_owner as met, f.usd, s.usd - f.usd as others, f.last_seen
    from flows f
    join sent s on s.address = f.source
    join gave g on g.address = f.destination
    where f.source_owner is null and 2 * f.usd >= s.usd and f.usd > 0
        and f.destination_owner is null and g.sources <= $cap
    qualify row_number() over (partition by f.source order by f.usd desc, f.destination) = 1
),
begun as (
    select 'deposit_origin' as signal, destination_owner as owner_id, destination as account_id,
        source as address, usd, first_seen, last_seen, sightings
    from flows
    where destination_owner is not null and source_owner is null and usd > 0
    union all
    select 'withdrawal_end' as signal, source_owner as owner_id, source as account_id,
        destination as address, usd, first_seen, last_seen, sightings
    from flows
    where source_owner is not null and destination_owner is null and usd > 0
),
-- What an owner paid in has to be what the address got on that path: at least half of it could come
-- from there, and at most half from anybody else. So a stranger's gift binds only who banks it.
walked as (
    select signal, owner_id, account_id, address, 0 as hops, cast(null as varchar) as met,
        usd, true as spent, first_seen, last_seen, sightings
    from begun
    union all
    select w.signal, w.owner_id, w.account_id, s.there, w.hops + 1, s.met, w.usd,
        w.spent and (
            w.signal = 'withdrawal_end' or w.hops > 0
            or (2 * s.usd >= w.usd and w.usd >= 2 * s.others)
        ),
        w.first_seen, w.last_seen, w.sightings
    from walked w
    join steps s on s.signal = w.signal and s.here = w.address
    where w.hops < $hops and w.met is null
        and case when w.signal = 'deposit_origin' then s.first_seen <= w.last_seen
            else s.first_seen >= w.first_seen end
)
select
    owner_id,
    min(account_id) as account_id,
    signal,
    address,
    cast(min(hops) as integer) as hops,
    bool_or(spent) as spent,
    min(met) as met,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen,
    cast(sum(sightings) as bigint) as sightings
from walked
group by owner_id, signal, address
