-- One row per owner with a counted trade: on how many UTC days and in how many markets. Bits of the
-- same day or market fall together, across accounts, roles and markets kept apart.
with blocks as (
    select
        earning.owner_id,
        rollup.block,
        bit_or(rollup.days) as days,
        bit_or(rollup.market_bits) as market_bits
    from fills_rollup as rollup
    inner join earning on rollup.account_id = earning.account_id
    group by earning.owner_id, rollup.block
)

select
    owner_id,
    cast(bit_count(bit_or(days)) as bigint) as trading_days,
    cast(sum(bit_count(market_bits)) as bigint) as markets_traded
from blocks
group by owner_id
order by owner_id
