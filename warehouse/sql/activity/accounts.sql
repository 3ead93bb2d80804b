-- One row per account: the version in force at the window's end. (account_id, changed_at) is the
-- key of an accounts file, so there is one newest version and no tie.
with versions as (
    select
        *,
        row_number() over (partition by account_id order by changed_at desc) as age
    from account_versions
    where changed_at < $end
)

select
    account_id,
    coalesce(owner_id, account_id) as owner_id,
    coalesce(kind, 'retail') as kind,
    country,
    cast(coalesce(kyc_level, 0) as bigint) as kyc_level
from versions
where age = 1
