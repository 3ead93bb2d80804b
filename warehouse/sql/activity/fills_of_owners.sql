-- One row per owner, market kept apart and role: what the counted trades of its accounts add up to.
-- Accounts of excluded kinds and accounts unknown at the close earn nobody anything.
select
    earning.owner_id,
    rollup.market,
    rollup.role,
    sum(rollup.spot_notional) as spot_notional,
    sum(rollup.perp_notional) as perp_notional,
    sum(rollup.equity_notional) as equity_notional,
    sum(rollup.fees) as fees,
    sum(rollup.net_fees) as net_fees,
    sum(rollup.realised_pnl_abs) as realised_pnl_abs
from fills_rollup as rollup
inner join earning on rollup.account_id = earning.account_id
group by earning.owner_id, rollup.market, rollup.role
order by earning.owner_id, rollup.market, rollup.role
