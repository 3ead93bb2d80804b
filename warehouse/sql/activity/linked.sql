-- One row per account that may not trade with every other: those of owners with several accounts,
-- and those of owners in confirmed cases. Few accounts are, which keeps the joins of the fills
-- small. The id of an owner that is no known account stands for an account too, so that trades
-- between a sub-account and a main account whose own row is missing count no more than any other
-- of the owner's with itself.
with owners as (
    select owner_id from accounts
    union
    select owner_id from confirmed
),

members as (
    select account_id, owner_id from accounts
    union all
    select owners.owner_id, owners.owner_id
    from owners
    left join accounts on owners.owner_id = accounts.account_id
    where accounts.account_id is null
),

cases as (
    select owner_id, list(distinct case_id order by case_id) as cases
    from confirmed
    group by owner_id
),

several as (
    select owner_id from members group by owner_id having count(*) > 1
)

select members.account_id, members.owner_id, cases.cases
from members
left join cases on members.owner_id = cases.owner_id
left join several on members.owner_id = several.owner_id
where cases.owner_id is not null or several.owner_id is not null
