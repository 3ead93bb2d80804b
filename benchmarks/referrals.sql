-- One row a synthetic referral: every tenth owner was brought in by an earlier one, before the season.
select
    'r' || number::varchar as referral_id,
    make_timestamp($start)::timestamptz as ts,
    'a' || (10000000 + number * 7919 // 10 % number)::varchar as referrer_id,
    'a' || (10000000 + number)::varchar as referee_id,
    null::varchar as code
from (select range as number from range(10, $owners, 10))
