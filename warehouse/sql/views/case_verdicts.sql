-- One row per move and account that it says something of, with whether that counts today.
-- What counts of an owner is the newest of decisions, upheld appeals and acknowledgements since the
-- last withdrawal; a proposal never does.
create table case_verdicts as
with said as (
    select
        v.case_id, v.seq, m.move, v.account_id, v.owner_id, v.verdict, v.keep_bps, v.rule,
        m.move in ('confirm', 'partly', 'uphold', 'acknowledge')
            and v.seq > coalesce(
                (
                    select max(w.seq)
                    from house.case_moves as w
                    where w.case_id = v.case_id and w.move = 'withdraw'
                ),
                0
            ) as counts
    from house.case_verdicts as v
    join house.case_moves as m using (case_id, seq)
)
select
    case_id, seq, move, account_id, owner_id, verdict, keep_bps, rule,
    move = 'propose' as proposed,
    counts and seq = max(seq) filter (where counts) over (partition by case_id, owner_id)
        as in_force
from said
order by case_id, seq, account_id, owner_id;

comment on table case_verdicts is 'One row per move and account that it says something of. A verdict is a decision by the policy and a moderator, not a finding about people. Promise: of an owner in a case, at most one move is in force.';
comment on column case_verdicts.case_id is 'The case.';
comment on column case_verdicts.seq is 'The move that said so (case_moves.seq).';
comment on column case_verdicts.move is 'propose, confirm, partly, uphold or acknowledge.';
comment on column case_verdicts.account_id is 'An account of the case.';
comment on column case_verdicts.owner_id is 'Its owner; all accounts of an owner are judged alike.';
comment on column case_verdicts.verdict is 'confirmed (of the group) or cleared.';
comment on column case_verdicts.keep_bps is 'The part of their points that the owner keeps: 10000 is all of them.';
comment on column case_verdicts.rule is 'The rule of the policy that says so; tolerance, cleared (by the moderator) or appeal.';
comment on column case_verdicts.proposed is 'True where the first of two people said it: it takes nothing until the second decides the same.';
comment on column case_verdicts.in_force is 'True where nothing newer was said of the owner, and no withdrawal undid it.';
