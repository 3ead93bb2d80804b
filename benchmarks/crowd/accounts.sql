-- One row a synthetic account and state, by the input contract of accounts. Groups sign up within a
-- day; sold accounts move to another country late in the season.
with states as (
    select *, 0 as state from people
    union all
    select *, 1 as state from people where is_sold
)
select
    named(number) as account_id,
    make_timestamp(
        $start - ($day + 20 + draw(leader, 11) % 400) * 86400000000
        + draw(number, 12) % 86400000000
    )::timestamptz as opened_at,
    make_timestamp($start)::timestamptz as changed_at,
    named(if(is_sub, number - 1, number)) as owner_id,
    if(is_maker, 'market_maker', 'retail') as kind,
    chr((65 + (draw(leader, 13) + state) % 20)::integer) || 'A' as country,
    2::utinyint as kyc_level,
    if(is_maker, 'makers', null) as declared_group
from states
where state = $state
