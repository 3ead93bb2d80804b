-- One row per piece of evidence that a case rests on, as it was seen at the time.
create table case_evidence as
select
    case_id, seen_at, account_a, account_b, owner_a, owner_b, family, signal,
    value_hash,
    holders, weight_millibits, two_sided, first_seen, last_seen, sightings,
    since
from house.case_evidence
order by case_id, seen_at, owner_a, owner_b, family, signal, value_hash;

comment on table case_evidence is 'One row per piece of evidence in a case, as it was when the case was opened or gained it.';
comment on column case_evidence.case_id is 'The case.';
comment on column case_evidence.seen_at is 'When the case gained it, UTC.';
comment on column case_evidence.account_a is 'Account of owner_a that showed it.';
comment on column case_evidence.account_b is 'Account of owner_b that showed it.';
comment on column case_evidence.owner_a is 'One owner; owner_a comes before owner_b.';
comment on column case_evidence.owner_b is 'The other owner.';
comment on column case_evidence.family is 'Signal family, such as device, network or funding.';
comment on column case_evidence.signal is 'Which signal of the family.';
comment on column case_evidence.value_hash is 'First 16 characters of the shared value''s pseudonym: tells values apart, reads none.';
comment on column case_evidence.holders is 'Number of owners who share the value; the fewer, the more it weighs.';
comment on column case_evidence.weight_millibits is 'What it weighs, in thousandths of a bit.';
comment on column case_evidence.two_sided is 'Whether both had to act for it.';
comment on column case_evidence.first_seen is 'When it was first seen, UTC, or null.';
comment on column case_evidence.last_seen is 'When it was last seen, UTC, or null.';
comment on column case_evidence.sightings is 'How often.';
comment on column case_evidence.since is 'Number of the case''s move that brought it (case_moves.seq).';
