-- One row per transfer into, out of, or between accounts.
create view transfers as
select transfer_id, ts, source, destination, asset, amount, amount_usd, tx_hash, kind
from $registered;

comment on view transfers is 'One row per transfer into, out of, or between accounts.';
comment on column transfers.transfer_id is 'Unique id of the feed.';
comment on column transfers.ts is 'When it happened, UTC.';
comment on column transfers.source is 'Account id or outside address.';
comment on column transfers.destination is 'Account id or outside address.';
comment on column transfers.asset is 'What was moved.';
comment on column transfers.amount is 'In units of the asset.';
comment on column transfers.amount_usd is 'USD value as the feed states it, or null.';
comment on column transfers.tx_hash is 'Transaction on a chain, or null.';
comment on column transfers.kind is 'deposit, withdrawal, internal or onchain; null where the feed does not say.';
