-- One row per snapshot of a balance; it holds until the next of its (account, kind, asset).
create view balances as
select snapshot_id, ts, account_id, kind, asset, amount_usd
from $registered;

comment on view balances is 'One row per balance snapshot. It holds until the next snapshot of its (account_id, kind, asset).';
comment on column balances.snapshot_id is 'Unique id of the feed.';
comment on column balances.ts is 'When it was taken, UTC.';
comment on column balances.account_id is 'Whose balance.';
comment on column balances.kind is 'lent, borrowed, collateral or position.';
comment on column balances.asset is 'As in USDC or SOL-PERP.';
comment on column balances.amount_usd is 'USD value as the feed states it; a short position is negative.';
