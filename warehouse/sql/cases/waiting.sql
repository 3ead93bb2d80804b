-- One row per case that is not over: whether a proposal on it waits for a second person, how many
-- appeals are unanswered, and until when appeals are open as the last notice says (null without one
-- since the last withdrawal). A proposal lapses when anything but a review comes after it.
with standing as (
    select
        case_id,
        max_by(move, seq) filter (where move <> 'review') = 'propose' as is_proposed,
        coalesce(max(seq) filter (where move = 'withdraw'), 0) as withdrawn,
        max(seq) filter (where move = 'notice') as noticed,
        max_by(until, seq) filter (where move = 'notice') as until
    from case_moves
    group by case_id
),
answers as (
    select
        m.case_id,
        m.owner_id,
        max_by(m.move, m.seq) = 'appeal' as is_unanswered
    from case_moves m
    join standing s on s.case_id = m.case_id and m.seq > s.noticed
    where m.move in ('appeal', 'uphold', 'reject')
    group by m.case_id, m.owner_id
),
unanswered as (
    select case_id, count(*) filter (where is_unanswered) as appeals from answers group by case_id
)
select
    c.case_id,
    c.state,
    s.is_proposed,
    coalesce(u.appeals, 0) as unanswered,
    case when s.noticed > s.withdrawn then s.until end as until
from cases c
join standing s on s.case_id = c.case_id
left join unanswered u on u.case_id = c.case_id
where c.state not in ('dismissed', 'final')
order by c.case_id
