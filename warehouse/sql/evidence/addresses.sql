-- One row per (owner, signal, address): which addresses outside of the exchange an owner sent funds
-- to, and from which it received some.
create temp table addresses as
with sent as (
    select
        source_owner as owner_id,
        source_account as account_id,
        'withdrawal_destination' as signal,
        destination_hash as value_hash,
        first_seen,
        last_seen,
        sightings
    from transfers
    where source_owner is not null and destination_owner is null
),
received as (
    select
        destination_owner as owner_id,
        destination_account as account_id,
        'deposit_source' as signal,
        source_hash as value_hash,
        first_seen,
        last_seen,
        sightings
    from transfers
    where destination_owner is not null and source_owner is null
),
both_ways as (
    select * from sent
    union all
    select * from received
)
select
    owner_id,
    min(account_id) as account_id,
    signal,
    value_hash,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen,
    cast(sum(sightings) as bigint) as sightings
from both_ways
group by owner_id, signal, value_hash
