-- One row per trade between two members of one ring: its place among the ring's in its market, which
-- way it went, and how much, in 10^-12 of the market's base unit. Quantities, not amounts of money,
-- say who is back to what they held. Trades within one confirmed case never count, and are none.
with traded as (
    select
        maker.ring,
        fills.market,
        maker.number as maker,
        taker.number as taker,
        fills.maker_id,
        fills.taker_id,
        coalesce(fills.taker_side = 'buy', false) as bought,
        cast(fills.quantity * 1000000000000 as hugeint) as quantity,
        fills.notional_usd,
        fills.ts,
        fills.fill_id
    from fills
    inner join rings as maker on fills.maker_id = maker.account_id
    inner join rings as taker on fills.taker_id = taker.account_id and maker.ring = taker.ring
    where fills.ts >= $start
        and fills.ts < $end
        and fills.busts is null
        and maker.number <> taker.number
        and not coalesce(array_length(array_intersect(maker.cases, taker.cases)) > 0, false)
)

select
    * exclude (ts),
    date_diff('microsecond', cast($start as timestamp), ts) as microseconds,
    row_number() over (partition by ring, market order by ts, fill_id) as place
from traded
where not exists (select 1 from busted where busted.fill_id = traded.fill_id)
