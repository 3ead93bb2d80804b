-- One row per transfer that evidence is read from, with the owners of its ends and how the ends are
-- shown: an account by its id, an address outside by the first digits of its hash.
create temp table moves as
select
    t.transfer_id,
    t.ts,
    t.source,
    t.destination,
    t.amount_usd as usd,
    s.owner_id as source_owner,
    d.owner_id as destination_owner,
    coalesce(s.account_id, concat(left(sha256(t.source), 8), '…')) as shown_source,
    coalesce(d.account_id, concat(left(sha256(t.destination), 8), '…')) as shown_destination
from read_parquet($transfers, hive_partitioning = false) t
left join accounts s on s.account_id = t.source
left join accounts d on d.account_id = t.destination
left join hand_overs x on x.account_id = t.source
left join hand_overs y on y.account_id = t.destination
where t.ts < $until
    and (x.begins is null or t.ts >= x.begins)
    and (y.begins is null or t.ts >= y.begins)
