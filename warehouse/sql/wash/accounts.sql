-- One row per account that may be in a ring: the number of its owner. Owners with a declared market
-- maker or system account are left out with all that is theirs.
with declared as (
    select distinct owner_id from accounts where kind in ('market_maker', 'system')
)

select account_id, owner_id, dense_rank() over (order by owner_id) as number
from accounts
where owner_id not in (select owner_id from declared)
order by account_id
