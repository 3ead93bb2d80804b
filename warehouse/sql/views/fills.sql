-- One row per fill or bust, as the registered event files hold it.
-- A bust cancels a fill; both are rows here, so that analysts see what was corrected and when.
create view fills as
select
    fill_id, ts, market, product, maker_id, taker_id, taker_side,
    price, quantity, notional_usd,
    maker_fee_usd, taker_fee_usd, referral_paid_usd,
    realised_pnl_maker_usd, realised_pnl_taker_usd,
    busts
from $registered;

comment on view fills is 'One row per fill or bust. Sums should leave out rows where busts is not null and the fills that those rows name; the example queries show how.';
comment on column fills.fill_id is 'Unique id of the feed.';
comment on column fills.ts is 'When it happened, UTC.';
comment on column fills.market is 'As in SOL-PERP.';
comment on column fills.product is 'spot, perp or equity.';
comment on column fills.maker_id is 'Account whose order rested.';
comment on column fills.taker_id is 'Account whose order matched it.';
comment on column fills.taker_side is 'buy or sell, seen from the taker.';
comment on column fills.price is 'In the market''s quote unit.';
comment on column fills.quantity is 'In the market''s base unit.';
comment on column fills.notional_usd is 'USD value, taken as the feed states it.';
comment on column fills.maker_fee_usd is 'USD paid by the maker; negative is a rebate.';
comment on column fills.taker_fee_usd is 'USD paid by the taker; negative is a rebate.';
comment on column fills.referral_paid_usd is 'USD of the fees that went to referrers, or null.';
comment on column fills.realised_pnl_maker_usd is 'USD that the maker realised with this fill, or null.';
comment on column fills.realised_pnl_taker_usd is 'USD that the taker realised with this fill, or null.';
comment on column fills.busts is 'fill_id that this row cancels; null in an ordinary fill.';
