-- One row per ordered pair of owners where money left the one's account and came into the other's over
-- addresses outside: hops counts the transfers behind the deposit.
select
    s.owner_id as source_owner,
    min(s.account_id) as source_account,
    p.owner_id as destination_owner,
    min(p.account_id) as destination_account,
    min(p.hops) as hops,
    bool_or(p.spent) as spent,
    min(p.first_seen) as first_seen,
    max(p.last_seen) as last_seen,
    cast(sum(p.sightings) as bigint) as sightings
from paths p
join accounts s on s.account_id = p.address
where p.signal = 'deposit_origin' and p.met is not null and s.owner_id <> p.owner_id
group by s.owner_id, p.owner_id
order by source_owner, destination_owner
