-- One row per owner of a proposal who has no entry in the ledger yet: new, or misspelt.
with listed as (
    select owner_id from unnest($owners::varchar[]) as owners (owner_id)
),

known as (
    select distinct regexp_replace(account, '^(owner|held):', '') as owner_id
    from entries
    where starts_with(account, 'owner:') or starts_with(account, 'held:')
)

select listed.owner_id
from listed
anti join known on listed.owner_id = known.owner_id
order by listed.owner_id
