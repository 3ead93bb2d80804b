-- One row a synthetic login of one day, by the input contract of logins. A third comes through
-- carriers' gateways of thousands of users, one in twenty through exits that everybody uses, the rest
-- from homes and from addresses that change by the day; one home in sixteen is shared by two, with a
-- device. Groups that share an address meet there in one hour of the day.
with numbers as (
    select range as number, draw(range, 21) as first, draw(range, 22) as second
    from range($first, $after)
),
logins as (
    select
        n.number,
        n.second,
        p.*  exclude (number),
        p.number as account,
        if(draw(p.number // 2, 23) % 16 = 0, p.number // 2 * 2, p.number) as home,
        n.second % 100 as way,
        (n.second >> 8) % 86400000000 as moment
    from numbers n
    join people p on p.number
        = if(n.number % 2 = 0, even(n.first, $accounts), skewed(n.first, $accounts) * 1000003 % $accounts)
),
dialled as (
    select
        *,
        case
            when shares_address and way < 70 then 50 << 24 | leader
            when way < 35 then 100 << 24 | skewed(draw(account, 24), 20 + $accounts // 2500)
            when way < 40 then 40 << 24 | even(draw(number, 25), 50)
            when way < 85 then 20 << 24 | home
            else 30 << 24 | even(draw(account * 100 + $day, 26), 1 + $accounts // 2)
        end as address
    from logins
)
select
    'l' || lpad(number::varchar, 9, '0') as login_id,
    make_timestamp(
        $start + if(
            shares_address and way < 70, draw(leader * 100 + $day, 27) % 24 * 3600000000 + moment % 3600000000,
            moment
        )::bigint
    )::timestamptz as ts,
    named(account) as account_id,
    (address >> 24) || '.' || (address >> 16 & 255) || '.' || (address >> 8 & 255) || '.' || (address & 255)
        as ip,
    case
        when shares_devices and way % 4 > 0 then 'g' || leader || '-' || member // 3
        when is_sold and $day >= $sold_from then 'n' || account
        else 'd' || home || '-' || if(draw(account, 28) % 3 = 0, way % 2, 0)
    end as device_id,
    null::varchar as user_agent
from dialled
