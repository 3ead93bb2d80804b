-- One row per batch: one signed, atomic set of ledger entries, and a leaf of the log.
create table batches as
select batch_id, season, week, kind, key, created_at, entries, entries_sha256, leaf_index
from house.batches
order by leaf_index;

comment on table batches is 'One row per batch: one signed, atomic set of ledger entries. Promise: unique by (season, week, kind, key).';
comment on column batches.batch_id is 'Readable name, as in S1W05/issue.';
comment on column batches.season is 'Number of the season.';
comment on column batches.week is 'Number of the week, or 0 for what belongs to a season as a whole.';
comment on column batches.kind is 'issue, release, seize, restore, redistribute, adjust or drop.';
comment on column batches.key is 'What makes it unique within its kind: empty for an issue, the case for a release.';
comment on column batches.created_at is 'When it was written, UTC.';
comment on column batches.entries is 'Number of ledger entries as signed; see entries.line.';
comment on column batches.entries_sha256 is 'SHA-256 of the entries as signed.';
comment on column batches.leaf_index is 'Its leaf in the transparency log; the order in which batches were written.';
