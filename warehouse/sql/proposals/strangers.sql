-- One row per owner on a list who has no entry in the ledger yet: new, or misspelt.
with listed as (
    select owner_id, unnest(['owner:' || owner_id, 'held:' || owner_id]) as account
    from unnest($owners::varchar[]) as owners (owner_id)
),

known as (
    select distinct entries.account
    from entries
    semi join listed on entries.account = listed.account
)

select listed.owner_id
from listed
left join known on listed.account = known.account
group by listed.owner_id
having count(known.account) = 0
order by listed.owner_id
