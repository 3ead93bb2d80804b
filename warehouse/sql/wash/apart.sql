-- One row per ordered pair of owners, by their numbers, who are in one confirmed case: what they trade
-- with each other never counts anyway, and makes no ring.
with cases as (
    select distinct abs(number) as number, unnest(cases) as case_id
    from wash_accounts
    where cases is not null
)

select distinct one.number as taker, other.number as maker
from cases as one
inner join cases as other on one.case_id = other.case_id and one.number <> other.number
