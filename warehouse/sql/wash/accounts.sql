-- One row per account: its owner's number, below zero where the account can be in no ring, and the
-- owner's confirmed cases. In none are a declared market maker's accounts and the venue's own: it is
-- their business to meet everybody. What else the same owner has is like anybody's, so that an idle
-- account so declared excuses nothing (detection/sparing.py spares an owner whose every account is).
-- The id of an owner that is no known account stands for an account too, as it does where trades with
-- oneself are told (linked).
with known as (
    select account_id, owner_id from accounts
    union
    select account_id, owner_id from linked
),

declared as (
    select distinct account_id from accounts where kind in ('market_maker', 'system')
),

numbered as (
    select account_id, owner_id, dense_rank() over (order by owner_id) as number from known
)

select
    numbered.account_id,
    linked.cases,
    cast(
        case when declared.account_id is null then numbered.number else -numbered.number end
        as integer
    ) as number
from numbered
left join declared on numbered.account_id = declared.account_id
left join linked on numbered.account_id = linked.account_id
order by numbered.account_id
