-- One row per owner and case that concerns them, as of a number of moves over all cases; of some
-- cases or of all.
-- open: the case is not decided. confirmed: it is, its decision takes something from the owner, and
-- appeals are still possible. final: confirmed, and nothing waits any more, because the case is
-- final or the policy keeps everything. Cleared owners and dismissed cases give no row.
with known as (
    select case_id, seq, move, state from case_moves
    where number <= coalesce($moves, 9223372036854775807)
        and ($case_ids is null or list_contains($case_ids, case_id))
),
standing as (
    select
        case_id,
        max_by(state, seq) as state,
        max(seq) as seq,
        coalesce(max(seq) filter (where move = 'withdraw'), 0) as withdrawn,
        max(seq) filter (where move in ('confirm', 'partly')) as decision
    from known
    group by case_id
),
members as (
    select distinct m.case_id, m.owner_id
    from case_members m
    join standing s on s.case_id = m.case_id and m.since <= s.seq
),
said as (
    select v.case_id, v.owner_id, max(v.verdict) as verdict, min(v.keep_bps) as keep_bps
    from case_verdicts v
    join known k on k.case_id = v.case_id and k.seq = v.seq
    join standing s on s.case_id = v.case_id
    where k.move in ('confirm', 'partly', 'uphold', 'acknowledge') and v.seq > s.withdrawn
    group by v.case_id, v.owner_id, v.seq
    qualify row_number() over (partition by v.case_id, v.owner_id order by v.seq desc) = 1
)
select
    m.owner_id,
    m.case_id,
    c.root,
    case
        when s.state in ('open', 'under_review') then 'open'
        when s.state = 'final' or said.keep_bps = 10000 then 'final'
        else 'confirmed'
    end as state,
    case when s.state not in ('open', 'under_review') then s.decision end as decision
from members m
join standing s on s.case_id = m.case_id
join cases c on c.case_id = m.case_id
left join said on said.case_id = m.case_id and said.owner_id = m.owner_id
where s.state in ('open', 'under_review') or (s.state <> 'dismissed' and said.verdict = 'confirmed')
order by m.owner_id, m.case_id
