-- Enforcement: chains of cases, decisions by policy, verdicts, settlements, what is owed.
-- The owners that a batch was decided with are no longer copied beside it: moves are numbered over
-- all cases, a batch says how many there were, and replay reads the cases as of then.

alter table cases add column root varchar;      -- first case of the chain; a chain is one group over time
alter table cases add column follows varchar;   -- the case before it in the chain; null for the first
update cases set root = case_id;

alter table case_moves add column number bigint;        -- over all cases, from 1, in the order written
alter table case_moves add column owner_id varchar;     -- whom an appeal and its answer concern
alter table case_moves add column policy_sha256 varchar;
alter table case_moves add column until timestamp;      -- of a notice: appeals are open until then
update case_moves set number = numbered.number
from (
    select case_id, seq, row_number() over (order by moved_at, case_id, seq) as number from case_moves
) as numbered
where numbered.case_id = case_moves.case_id and numbered.seq = case_moves.seq;

alter table case_members add column since integer;      -- number of the case's move that brought it
update case_members set since = coalesce((
    select max(v.seq) from case_moves v
    where v.case_id = case_members.case_id and v.moved_at = case_members.added_at
        and v.move in ('opened', 'gained', 'reopened')
), 1);
alter table case_evidence add column since integer;     -- likewise
update case_evidence set since = coalesce((
    select max(v.seq) from case_moves v
    where v.case_id = case_evidence.case_id and v.moved_at = case_evidence.seen_at
        and v.move in ('opened', 'gained', 'reopened')
), 1);

-- What a decision or a proposal rests on, besides the evidence; one row a move of that sort.
create table case_decisions (
    case_id      varchar not null,
    seq          integer not null,
    facts        varchar not null,     -- canonical JSON of what the policy was asked about
    reach_season integer,              -- reach back to this week on; null reaches back to none
    reach_week   integer,
    primary key (case_id, seq)
);
-- What a decision, a proposal or an upheld appeal says of each account. The newest that counts rules.
create table case_verdicts (
    case_id    varchar not null,
    seq        integer not null,       -- the move that said so
    account_id varchar not null,
    owner_id   varchar not null,
    verdict    varchar not null check (verdict in ('confirmed', 'cleared')),
    keep_bps   integer not null check (keep_bps between 0 and 10000),
    rule       varchar not null,       -- of the policy, or 'cleared', or 'appeal'
    primary key (case_id, seq, account_id, owner_id)
);
-- Every policy that somebody decided by, as it was.
create table policies (
    policy_sha256 varchar primary key,
    version       varchar not null unique,
    text          varchar not null,
    first_used_at timestamp not null
);
-- Which cases a settle run made final; its batches have the key.
create table settlements (
    key        varchar not null,
    case_id    varchar primary key,
    settled_at timestamp not null
);
-- What cannot be taken, or given back, any more: a memo, never set off, never a balance.
create table owed (
    owner_id    varchar not null,
    direction   varchar not null check (direction in ('by_owner', 'to_owner')),
    season      integer not null,
    week        integer not null,
    micropoints bigint not null check (micropoints > 0),
    cause       varchar not null,      -- the batch or the case's move that it comes from
    reason      varchar not null,
    recorded_at timestamp not null
);

-- A confirmation from before there was a policy took nothing and held everything of its members, so
-- that is what it says, and what was issued while it stood can be recomputed.
insert into case_verdicts
select m.case_id, v.seq, m.account_id, m.owner_id, 'confirmed', 0, 'before-policy'
from case_moves v
join case_members m on m.case_id = v.case_id and m.since <= v.seq
where v.move = 'confirm';

-- Such decisions are to be made anew.
insert into case_moves by name
select
    c.case_id, m.seq + 1 as seq, 'withdraw' as move, 'under_review' as state,
    'migration' as moved_by, m.moved_at, 'decided before there was a policy' as reason,
    m.evidence_sha256,
    (select coalesce(max(number), 0) from case_moves)
        + row_number() over (order by c.case_id) as number
from cases c
join case_moves m on m.case_id = c.case_id
where c.state = 'confirmed'
qualify row_number() over (partition by c.case_id order by m.seq desc) = 1;
update cases set state = 'under_review' where state = 'confirmed';

alter table batches add column moves bigint;            -- moves of cases that it was decided with
update batches set moves = coalesce((
    select max(number) from case_moves where moved_at <= created_at and move <> 'withdraw'
), 0);
drop table batch_blocked_owners;

-- The peaks of the tree, so that a leaf is appended without reading all others.
alter table checkpoints add column peaks blob[];
