-- One row per value held by more owners than the cap: cut from the evidence, never silently.
create table hubs as
select family, signal, value_hash, holders
from house.hubs
order by holders desc, family, signal, value_hash;

comment on table hubs is 'One row per value that too many share to mean anything; it makes no evidence.';
comment on column hubs.family is 'Signal family.';
comment on column hubs.signal is 'Which signal of the family.';
comment on column hubs.value_hash is 'First 16 characters of the value''s pseudonym.';
comment on column hubs.holders is 'How many share it.';
