-- One row a synthetic account, by the input contract of accounts: one for each owner, and a
-- sub-account for every fourth.
select
    'a' || (10000000 + number)::varchar as account_id,
    make_timestamp($start)::timestamptz as opened_at,
    make_timestamp($start)::timestamptz as changed_at,
    'a' || (10000000 + if(number < $owners, number, (number - $owners) * 4))::varchar as owner_id,
    'retail' as kind,
    'DE' as country,
    2::utinyint as kyc_level,
    null::varchar as declared_group
from (select range as number from range($accounts))
