-- One row per account: its owner's number, above zero where the owner may be in a ring, and the owner's
-- confirmed cases. Owners who have declared a market maker's account, or are the venue's own, are in
-- none, with all that is theirs: it is their business to meet everybody. The id of an owner that is no
-- known account stands for an account too, as it does where trades with oneself are told (linked).
with declared as (
    select distinct owner_id, true as declared
    from accounts
    where kind in ('market_maker', 'system')
),

known as (
    select account_id, owner_id from accounts
    union
    select account_id, owner_id from linked
),

numbered as (
    select account_id, owner_id, dense_rank() over (order by owner_id) as number from known
)

select
    numbered.account_id,
    linked.cases,
    cast(
        case when declared.declared then -numbered.number else numbered.number end as integer
    ) as number
from numbered
left join declared on numbered.owner_id = declared.owner_id
left join linked on numbered.account_id = linked.account_id
order by numbered.account_id
