-- One row per account: the sums that every issue needs, from both sides of every fill, and nothing
-- more: no rule of which trades count, no net fees, no owners, no roles or markets kept apart, no
-- order. It is the floor of `winnow issue` because whatever pays for activity has to read these
-- columns of both sides and add them up by account; decimals, since a float must not decide.
-- Reading the files once for each side measured faster than a cross join or an unnest.
with sides as (
    select
        maker_id as account_id,
        ts,
        market,
        product,
        notional_usd,
        maker_fee_usd as fee_usd,
        referral_paid_usd,
        realised_pnl_maker_usd as realised_pnl_usd,
        busts
    from read_parquet($files, hive_partitioning = false)
    union all
    select
        taker_id,
        ts,
        market,
        product,
        notional_usd,
        taker_fee_usd,
        referral_paid_usd,
        realised_pnl_taker_usd,
        busts
    from read_parquet($files, hive_partitioning = false)
)

select
    account_id,
    count(*) as sides,
    count(busts) as busts,
    sum(case when product = 'spot' then notional_usd end) as spot_notional,
    sum(case when product = 'perp' then notional_usd end) as perp_notional,
    sum(case when product = 'equity' then notional_usd end) as equity_notional,
    sum(fee_usd) as fees,
    sum(referral_paid_usd) as referral_paid,
    sum(abs(realised_pnl_usd)) as realised_pnl_abs,
    bit_or(1::bigint << (epoch_us(ts) // 86400000000 % 60)::integer) as days,
    bit_or(1::bigint << (hash(market) % 60)::integer) as markets
from sides
group by account_id
