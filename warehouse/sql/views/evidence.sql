-- One row per pair of owners and shared value, from the newest detection.
create table evidence as
select
    account_a, account_b, owner_a, owner_b, family, signal, value_hash,
    holders, weight_millibits, two_sided, first_seen, last_seen, sightings
from house.evidence_edges
order by owner_a, owner_b, family, signal, value_hash;

comment on table evidence is 'One row per evidence edge of the newest detection: two owners and a value that they share.';
comment on column evidence.account_a is 'Account of owner_a that showed it.';
comment on column evidence.account_b is 'Account of owner_b that showed it.';
comment on column evidence.owner_a is 'One owner; owner_a comes before owner_b.';
comment on column evidence.owner_b is 'The other owner.';
comment on column evidence.family is 'Signal family, such as device, network or funding.';
comment on column evidence.signal is 'Which signal of the family.';
comment on column evidence.value_hash is 'First 16 characters of the shared value''s pseudonym: tells values apart, reads none.';
comment on column evidence.holders is 'Number of owners who share the value; the fewer, the more it weighs.';
comment on column evidence.weight_millibits is 'What it weighs, in thousandths of a bit.';
comment on column evidence.two_sided is 'Whether both had to act for it.';
comment on column evidence.first_seen is 'When it was first seen, UTC, or null.';
comment on column evidence.last_seen is 'When it was last seen, UTC, or null.';
comment on column evidence.sightings is 'How often.';
