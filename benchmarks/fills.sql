-- One row a synthetic fill of one day, in the order of time, by the input contract of fills.
-- Everything follows from a hash of the fill's number and the seed; only integers and decimals are
-- used, so the same numbers come out anywhere. `range` counts up, and one thread
-- keeps its order.
with numbers as (
    select range as number, hash(range, $seed) as first, hash(range, $seed, 1) as second
    from range($first, $after)
),
parts as (
    select
        number,
        -- Squares of 32 random bits: few accounts trade much, many trade little.
        ((first & 4294967295) * (first & 4294967295) >> 32) * $accounts >> 32 as maker,
        ((second & 4294967295) * (second & 4294967295) >> 32) * $accounts >> 32 as taker,
        (first >> 32) % 20 as market,
        (first >> 40) & 1 as side,
        1000 + (second >> 32) % 9000 as ticks,
        1 + (first >> 44) % 1000 * (1 + (second >> 52) % 100) as lots,
        ((second >> 44) & 255)::bigint - 128 as luck
    from numbers
),
amounts as (
    select *, (ticks * lots)::bigint * 100 as notional from parts -- micro-USD
)
select
    'f' || (1000000000000 + number)::varchar as fill_id,
    make_timestamp($start + (number - $first) * 86400000000 // ($after - $first))::timestamptz as ts,
    'M' || market::varchar || if(market < 14, '-PERP', '-USDC') as market,
    if(market < 14, 'perp', if(market < 18, 'spot', 'equity')) as product,
    'a' || (10000000 + maker)::varchar as maker_id,
    'a' || (10000000 + if(maker = taker, (taker + 1) % $accounts, taker))::varchar as taker_id,
    if(side = 1, 'buy', 'sell') as taker_side,
    (ticks::decimal(18, 0) * 0.01)::decimal(38, 12) as price,
    (lots::decimal(18, 0) * 0.01)::decimal(38, 12) as quantity,
    (notional::decimal(18, 0) * 0.000001)::decimal(28, 10) as notional_usd,
    ((notional // 5000)::decimal(18, 0) * 0.000001)::decimal(28, 10) as maker_fee_usd,
    ((notional // 2000)::decimal(18, 0) * 0.000001)::decimal(28, 10) as taker_fee_usd,
    ((notional // 20000 * (maker % 2))::decimal(18, 0) * 0.000001)::decimal(28, 10)
        as referral_paid_usd,
    ((notional // 10000 * luck)::decimal(18, 0) * 0.000001)::decimal(28, 10)
        as realised_pnl_maker_usd,
    ((notional // 10000 * -luck)::decimal(18, 0) * 0.000001)::decimal(28, 10)
        as realised_pnl_taker_usd,
    null::varchar as busts
from amounts
