-- One row per move that people are told of: a decision, an appeal's answer, a withdrawal, a
-- dismissal, an acknowledgement. Left out is what was overtaken before anybody was told: a decision that was withdrawn
-- without notice, a dismissal after which the case came back.
-- since: the last withdrawal before it, or 0; what was done up to there is undone.
-- decision: the decision that stood before it. noticed: whether notice of that was given before it.
-- given_until: of a decision, the last instant for appeals as the notice said; null while there is
-- no notice of it.
with seen as (
    select
        case_id,
        seq,
        move,
        moved_at,
        owner_id,
        policy_sha256,
        coalesce(max(seq) filter (where move = 'withdraw') over before, 0) as since,
        coalesce(max(seq) filter (where move in ('confirm', 'partly')) over before, 0) as decision,
        coalesce(max(seq) filter (where move = 'notice') over before, 0) as last_notice,
        min(seq) filter (where move = 'notice') over after as next_notice,
        min(seq) filter (where move = 'withdraw') over after as next_withdrawal,
        min(seq) filter (where move = 'reopened') over after as next_return
    from case_moves
    where $case_id is null or case_id = $case_id
    window
        before as (
            partition by case_id order by seq rows between unbounded preceding and 1 preceding
        ),
        after as (
            partition by case_id order by seq rows between 1 following and unbounded following
        )
)
select
    s.case_id,
    s.seq,
    s.move,
    s.moved_at,
    s.owner_id,
    s.policy_sha256,
    s.since,
    s.decision,
    s.last_notice > s.decision as noticed,
    n.until as given_until
from seen s
left join case_moves n
    on n.case_id = s.case_id and n.seq = s.next_notice and s.move in ('confirm', 'partly')
where (s.move in ('confirm', 'partly') and (
        s.next_withdrawal is null or coalesce(s.next_notice < s.next_withdrawal, false)
    ))
    or (s.move = 'dismiss' and s.next_return is null)
    or s.move in ('uphold', 'reject', 'withdraw', 'acknowledge')
order by s.case_id, s.seq
