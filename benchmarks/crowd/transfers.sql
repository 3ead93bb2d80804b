-- One row a synthetic transfer of one day, by the input contract of transfers. Most deposits come
-- from thirty hot wallets of exchanges; the rest moves between accounts and wallets of one's own.
-- Groups with a sink withdraw to it, or to wallets of their own that pass it on, and are paid from it.
-- Merchants pay strangers, and one wallet sends dust to whomever.
with numbers as (
    select range as number, draw(range, 31) as first, draw(range, 32) as second
    from range($first, $after)
),
sent as (
    select n.number, n.second, n.second % 100 as way, p.* exclude (number), p.number as account
    from numbers n
    join people p on p.number
        = if(n.number % 2 = 0, even(n.first, $accounts), skewed(n.first, $accounts) * 1000003 % $accounts)
),
routes as (
    select
        *,
        'w' || account || if(is_sold and $day >= $sold_from, 'n', '') as wallet,
        'hot' || skewed(draw(number, 33), 30) as hot,
        's' || leader as sink
    from sent
)
select
    't' || lpad(number::varchar, 9, '0') as transfer_id,
    make_timestamp($start + ((second >> 8) % 86400000000)::bigint)::timestamptz as ts,
    case
        when way < 45 then hot
        when way < 60 then wallet
        when way < 90 then named(account)
        when way < 93 then named(account // 1000 * 1000)
        when way < 97 then if(shares_sink and way < 95, sink, wallet)
        else 'dust'
    end as source,
    case
        when way < 60 then named(account)
        when way < 90 then if(shares_sink and way < 80, sink, wallet)
        when way < 93 then named(if(account % 1000 = 0, account + 1, account))
        when way < 97 then if(shares_sink, if(way < 95, wallet, sink), hot)
        else named(account)
    end as destination,
    'USDC' as asset,
    (if(way < 97, 50 + second % 5000, 1)::decimal(18, 0) * 0.01)::decimal(38, 12) as amount,
    (if(way < 97, 50 + second % 5000, 1)::decimal(18, 0) * 0.01)::decimal(28, 10) as amount_usd,
    null::varchar as tx_hash,
    case
        when way < 60 or way >= 97 then 'deposit'
        when way < 90 then 'withdrawal'
        when way < 93 then 'internal'
        else 'onchain'
    end as kind
from routes
