-- One row per (owner, signal, value) over devices and addresses, so that one query cuts them all.
create temp view seen as
select owner_id, account_id, signal, value_hash, first_seen, last_seen, sightings from devices
union all
select owner_id, account_id, signal, value_hash, first_seen, last_seen, sightings from addresses
