-- One row per leaf of the transparency log, with the hash that makes every later root checkable.
-- The leaf of a batch holds digests of who is in a case and of entries that are hidden until the
-- reveal; the leaf of moves, digests of what was said of whom, or of which model and lead. Their hashes are salted and tell
-- nothing; their text stays behind.
create table log as
with formulas as (
    select leaf_index from house.commitments
    union all
    select leaf_index from house.reveals
)
select
    l.leaf_index, lower(hex(l.leaf_hash)) as leaf_hash,
    case when f.leaf_index is not null then l.body end as body,
    l.appended_at
from house.log_leaves as l
left join formulas as f using (leaf_index)
order by l.leaf_index;

comment on table log is 'One row per leaf of the transparency log (RFC 6962), in its order. Promise: the Merkle tree over the first n leaf hashes has the root of the checkpoint of size n.';
comment on column log.leaf_index is 'Place in the log, from 0.';
comment on column log.leaf_hash is 'SHA-256 of a zero byte and the leaf''s text, in hexadecimal.';
comment on column log.body is 'The text of a commitment or a reveal, canonical JSON; null for a batch or for moves of cases, models and leads, whose text would help to find out who is in a case.';
comment on column log.appended_at is 'When it was appended, UTC.';
