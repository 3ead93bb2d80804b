-- One row a synthetic account: who it is, which planted group it is in, and what that group does.
-- The first twelfth of the numbers is planted, in rows of a hundred accounts that hold groups of 2, 3,
-- 4, 5, 6, 10, 20 and 50; all others are alone, save one in twenty that is a sub-account of the one
-- before. Numbers that are drawn by `steep` are scattered, so that the busiest are no group.
create macro draw(number, salt) as (hash(number, salt) >> 1)::bigint;
create macro even(drawn, bound) as (drawn >> 32) * bound >> 31;
create macro skewed(drawn, bound) as ((drawn >> 32) * (drawn >> 32) >> 31) * bound >> 31;
create macro steep(drawn, bound) as
    (((drawn >> 32) * (drawn >> 32) >> 31) * (drawn >> 32) >> 31) * bound >> 31;
create macro named(number) as 'a' || lpad((number)::varchar, 8, '0');

create temp table people as
with numbers as (
    select range as number, range % 100 as place, range < $accounts // 1200 * 100 as is_planted
    from range($accounts)
),
placed as (
    select
        *,
        case
            when place < 2 then 0 when place < 5 then 2 when place < 9 then 5 when place < 14 then 9
            when place < 20 then 14 when place < 30 then 20 when place < 50 then 30 else 50
        end as first_place
    from numbers
),
grouped as (
    select number, is_planted, number - place + first_place as leader, place - first_place as member
    from placed
)
select
    number,
    is_planted,
    if(is_planted, leader, number) as leader,
    if(is_planted, member, 0) as member,
    is_planted and draw(leader, 1) % 10 < 6 as shares_devices,
    is_planted and draw(leader, 2) % 10 < 6 as shares_address,
    is_planted and draw(leader, 3) % 10 < 5 as shares_sink,
    is_planted and draw(leader, 4) % 10 < 2 as repeats,
    is_planted and draw(leader, 5) % 10 < 2 as refers,
    not is_planted and draw(number, 6) % 500 = 0 as is_sold,
    not is_planted and number % 20 = 19 as is_sub,
    number >= $accounts - $makers as is_maker
from grouped
