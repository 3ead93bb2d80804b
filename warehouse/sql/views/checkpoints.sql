-- One row per state of the log, as signed. Keep copies: only they show that history was not rewritten.
create table checkpoints as
select tree_size, lower(hex(root)) as root, note, signed_at
from house.checkpoints
order by tree_size;

comment on table checkpoints is 'One row per signed state of the log. Whoever keeps a note can tell later whether history was rewritten.';
comment on column checkpoints.tree_size is 'Number of leaves.';
comment on column checkpoints.root is 'Merkle tree hash over them (RFC 6962), in hexadecimal.';
comment on column checkpoints.note is 'Size and root as a C2SP signed note; the Ed25519 key is keys/signing.pub in the home.';
comment on column checkpoints.signed_at is 'When, UTC.';
