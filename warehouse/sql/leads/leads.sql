-- One row per lead, in one state or in all, clusters before owners, the strangest first: what makes it strange, its last move,
-- and the cases that hold an owner of it, whoever opened them.
with standing as (
    select
        lead_id,
        max_by(state, seq) as state,
        max_by(moved_by, seq) as moved_by,
        max(moved_at) as moved_at,
        max_by(reason, seq) as reason,
        max(case_id) as case_id
    from lead_moves
    group by lead_id
),
held as (
    select l.lead_id, list(distinct m.case_id order by m.case_id) as in_cases
    from (select lead_id, unnest(owners) as owner_id from leads) l
    join case_members m on m.owner_id = l.owner_id
    join cases c on c.case_id = m.case_id and c.state <> 'dismissed'
    group by l.lead_id
)
select
    l.lead_id,
    s.state,
    l.kind,
    l.subject,
    l.owners,
    l.strangeness,
    l.said,
    l.run_id,
    d.as_of,
    s.moved_by,
    s.moved_at,
    s.reason,
    s.case_id,
    coalesce(h.in_cases, []) as in_cases
from leads l
join standing s on s.lead_id = l.lead_id
join detections d on d.run_id = l.run_id
left join held h on h.lead_id = l.lead_id
where $state is null or s.state = $state
order by l.kind, l.strangeness desc, l.lead_id
