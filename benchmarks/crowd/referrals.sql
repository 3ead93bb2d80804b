-- One row a synthetic referral, by the input contract of referrals: every tenth account was brought in
-- by an earlier one, and of some groups all by the first, within a day.
select
    'r' || number as referral_id,
    make_timestamp($start - 86400000000 + (draw(number, 61) % 86400000000)::bigint)::timestamptz as ts,
    named(if(refers, leader, skewed(draw(number, 62), number))) as referrer_id,
    named(number) as referee_id,
    null::varchar as code
from people
where if(is_planted, refers and member > 0, number % 10 = 0 and number > 0)
