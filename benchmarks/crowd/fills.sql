-- One row a synthetic fill of one day, by the input contract of fills. Half of all are answered by
-- declared market makers; of three fills two are one order. Few accounts trade much, and few markets
-- are busy. In every fifty, two are the opposite legs of a group and one is between two of a group;
-- and groups that repeat themselves go through four steps a day, each member hours after the other.
with numbers as (
    select
        range as number,
        range % 50 as turn,
        draw(range - (range % 3 = 1)::integer, 41) as order_drawn,
        draw(range, 42) as drawn,
        even(draw(range // 50, 43), 1 + $accounts // 1200) * 100 + 50 as leader,
        draw(range // 50, 44) as group_drawn
    from range($first, $after)
),
chance as (
    select
        number,
        $start + (number - $first) * 86400000000 // ($after - $first) as us,
        if(turn < 2, skewed(draw(group_drawn, 48), 40), skewed(order_drawn, 40)) as market,
        case
            when turn = 2 then leader + group_drawn % 50
            when drawn & 1 = 0 then $accounts - 1 - skewed(draw(number, 45), $makers)
            else steep(draw(number, 46), $accounts) * 1000003 % $accounts
        end as maker,
        case
            when turn < 2 then leader + (group_drawn + turn) % 5
            when turn = 2 then leader + (group_drawn + 1 + (group_drawn >> 8) % 3) % 50
            else steep(draw(order_drawn, 47), $accounts) * 1000003 % $accounts
        end as taker,
        if(turn < 2, (group_drawn >> 16) + turn, order_drawn >> 16) % 2 = 0 as buys,
        1000 + (order_drawn >> 24) % 9000 as ticks,
        if(turn < 2, 1 + group_drawn % 5000, 1 + skewed(drawn, 100000)) as lots
    from numbers
),
scripts as (
    select
        p.number * 4 + step as number,
        $start + draw(leader * 100 + $day, 51) % 36000000000 + member * 780000000::bigint
            + step * (60000000::bigint << (draw((leader * 100 + $day) * 4 + step, 52) % 6)::integer) as us,
        skewed(draw((leader * 100 + $day) * 4 + step, 53), 40) as market,
        $accounts - 1 - skewed(draw(p.number * 4 + step, 54), $makers) as maker,
        p.number as taker,
        draw((leader * 100 + $day) * 4 + step, 55) % 2 = 0 as buys,
        1000 + draw(leader * 4 + step, 56) % 9000 as ticks,
        1 + draw(p.number * 4 + step, 57) % 1000 as lots
    from people p
    cross join (select range as step from range(4))
    where p.repeats
),
fills as (
    select 'f' || lpad(number::varchar, 10, '0') as fill_id, * exclude (number) from chance
    union all
    select 's' || $day || '-' || number, * exclude (number) from scripts
),
amounts as (
    select *, (ticks * lots)::bigint * 100 as notional from fills -- micro-USD
)
select
    fill_id,
    make_timestamp(us::bigint)::timestamptz as ts,
    'M' || market || if(market < 28, '-PERP', '-USDC') as market,
    if(market < 28, 'perp', 'spot') as product,
    named(maker) as maker_id,
    named(if(maker = taker, (taker + 1) % $accounts, taker)) as taker_id,
    if(buys, 'buy', 'sell') as taker_side,
    (ticks::decimal(18, 0) * 0.01)::decimal(38, 12) as price,
    (lots::decimal(18, 0) * 0.01)::decimal(38, 12) as quantity,
    (notional::decimal(18, 0) * 0.000001)::decimal(28, 10) as notional_usd,
    ((notional // 5000)::decimal(18, 0) * 0.000001)::decimal(28, 10) as maker_fee_usd,
    ((notional // 2000)::decimal(18, 0) * 0.000001)::decimal(28, 10) as taker_fee_usd,
    null::decimal(28, 10) as referral_paid_usd,
    null::decimal(28, 10) as realised_pnl_maker_usd,
    null::decimal(28, 10) as realised_pnl_taker_usd,
    null::varchar as busts
from amounts
