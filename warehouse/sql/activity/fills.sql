-- One row per account, market kept apart, role and block of markets: what counted trades add up to.
-- This is the one query that reads every fill, so it keeps to what any SQL engine does exactly:
-- sums of DECIMAL(28,10), CASE and joins with small tables, everything filtered before it is added
-- up. Each trade is decoded once and stands for two sides.
-- A trade counts unless it is a bust, was busted, was part of a round trip where the season leaves
-- those out, or has one owner, or one confirmed case, on both sides. The venue keeps
-- max(0, maker fee + taker fee - referral paid) of it. Where one side paid a fee, that side is
-- credited with all of it. Where both did, each has its fee less its part of the referral, in
-- proportion: the taker's part is floored, the maker's is the rest, so the maker's credit is
-- floored. In units of 10^-10 USD as integers, since only those divide exactly.
with trades as (
    select
        fills.maker_id,
        fills.taker_id,
        fills.product,
        fills.notional_usd,
        fills.maker_fee_usd,
        fills.taker_fee_usd,
        fills.maker_fee_usd + fills.taker_fee_usd as fees_usd,
        coalesce(fills.referral_paid_usd, 0) as referral_usd,
        fills.realised_pnl_maker_usd,
        fills.realised_pnl_taker_usd,
        date_diff('day', cast($start as date), cast(fills.ts as date)) as day_number,
        markets.kept as market,
        markets.block,
        markets.bit
    from fills
    inner join markets on fills.market = markets.market
    left join linked as maker on fills.maker_id = maker.account_id
    left join linked as taker on fills.taker_id = taker.account_id
    where fills.ts >= $start
        and fills.ts < $end
        and fills.busts is null
        and fills.maker_id <> fills.taker_id
        and not coalesce(maker.owner_id = taker.owner_id, false)
        and not coalesce(array_length(array_intersect(maker.cases, taker.cases)) > 0, false)
        and not exists (select 1 from busted where busted.fill_id = fills.fill_id)
        and not exists (select 1 from uncounted where uncounted.fill_id = fills.fill_id)
),

-- The division. 128-bit integers divide exactly and slowly, so a double proposes the taker's part of
-- the referral, and exact products decide: below 10,000 USD of fees a trade the proposal, rounded to
-- ten digits, is less than one unit from the quotient, so its floor is the proposal or one less.
proposed as (
    select
        *,
        maker_fee_usd > 0 and taker_fee_usd > 0
            and referral_usd > 0 and referral_usd < fees_usd as divided,
        case
            when maker_fee_usd > 0 and taker_fee_usd > 0
                and referral_usd > 0 and referral_usd < fees_usd and fees_usd < 10000
                then cast(
                    cast(referral_usd as double) * cast(taker_fee_usd as double)
                    / cast(fees_usd as double) as decimal(18, 10)
                )
        end as proposal_usd
    from trades
),

shared as (
    select
        *,
        case
            when not divided then 0
            when proposal_usd is null
                then cast(
                    cast(referral_usd * 10000000000 as hugeint)
                    * cast(taker_fee_usd * 10000000000 as hugeint)
                    // cast(fees_usd * 10000000000 as hugeint) as decimal(27, 0)
                ) * 0.0000000001
            when proposal_usd * cast(fees_usd as decimal(18, 10))
                > cast(referral_usd as decimal(18, 10)) * cast(taker_fee_usd as decimal(18, 10))
                then proposal_usd - 0.0000000001
            else proposal_usd
        end as taker_referral_usd
    from proposed
),

sides as (
    select
        case when roles.role = 'maker' then maker_id else taker_id end as account_id,
        roles.role,
        market,
        block,
        bit,
        product,
        notional_usd,
        day_number,
        case when roles.role = 'maker' then maker_fee_usd else taker_fee_usd end as fee_usd,
        case
            when referral_usd >= fees_usd then null
            when roles.role = 'maker' and maker_fee_usd <= 0 then null
            when roles.role = 'taker' and taker_fee_usd <= 0 then null
            when maker_fee_usd <= 0 or taker_fee_usd <= 0 then fees_usd - referral_usd
            when roles.role = 'maker'
                then maker_fee_usd - (referral_usd - taker_referral_usd)
            else taker_fee_usd - taker_referral_usd
        end as net_fee_usd,
        case
            when roles.role = 'maker' then realised_pnl_maker_usd else realised_pnl_taker_usd
        end as realised_pnl_usd
    from shared
    cross join roles
)

select
    account_id,
    market,
    role,
    block,
    coalesce(sum(case when product = 'spot' then notional_usd end), 0) as spot_notional,
    coalesce(sum(case when product = 'perp' then notional_usd end), 0) as perp_notional,
    coalesce(sum(case when product = 'equity' then notional_usd end), 0) as equity_notional,
    coalesce(sum(case when fee_usd > 0 then fee_usd end), 0) as fees,
    coalesce(sum(net_fee_usd), 0) as net_fees,
    coalesce(sum(abs(realised_pnl_usd)), 0) as realised_pnl_abs,
    bit_or(cast(1 as bigint) << day_number) as days,
    bit_or(bit) as market_bits
from sides
group by account_id, market, role, block
