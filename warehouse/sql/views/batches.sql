-- One row per batch: one signed, atomic set of ledger entries, and a leaf of the log.
-- The digest waits for the reveal like the lines that it is of: of a few lines, amounts that it hides
-- could be found by trying. Week 0 is the season as a whole and hides nothing.
create table batches as
select
    b.batch_id, b.season, b.week, b.kind, b.key, b.created_at, b.entries,
    case when b.week = 0 or r.revealed_at is not null then b.entries_sha256 end as entries_sha256,
    b.leaf_index, b.moves
from house.batches as b
left join house.reveals as r using (season, week)
order by b.leaf_index;

comment on table batches is 'One row per batch: one signed, atomic set of ledger entries. Promise: unique by (season, week, kind, key).';
comment on column batches.batch_id is 'Readable name, as in S1W05/issue or S1W05/seize/C-1a2b3c4d5e6f/3.';
comment on column batches.season is 'Number of the season.';
comment on column batches.week is 'Number of the week, or 0 for what belongs to a season as a whole.';
comment on column batches.kind is 'issue; release (held to own), seize (held to escrow), reach_back (own of an earlier week to escrow), restore (escrow back), redistribute (escrow to others, once a case is final); adjust or drop (by hand).';
comment on column batches.key is 'What makes it unique within its kind: empty for an issue; case and number of the move, as in C-1a2b3c4d5e6f/3, for what a decision, an upheld appeal or a withdrawal made due; settle-… for a settle run (see settlements); its name for an adjustment or a drop.';
comment on column batches.created_at is 'When it was written, UTC.';
comment on column batches.entries is 'Number of ledger entries as signed; see entries.line.';
comment on column batches.entries_sha256 is 'SHA-256 of the entries as signed; null until the week''s formula is revealed.';
comment on column batches.leaf_index is 'Its leaf in the transparency log; the order in which batches were written.';
comment on column batches.moves is 'With how many moves of cases it was decided: those with case_moves.number up to this.';
