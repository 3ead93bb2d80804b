-- One row per case that is due to be final: everyone concerned was given notice, the last day for
-- appeals has passed, and every appeal is answered.
with notices as (
    select case_id, max(until) as until, max(seq) as seq
    from case_moves
    where move = 'notice'
    group by case_id
),
appeals as (
    select
        m.case_id,
        m.owner_id,
        max(m.seq) filter (where m.move = 'appeal')
            > coalesce(max(m.seq) filter (where m.move in ('uphold', 'reject')), 0) as unanswered
    from case_moves m
    join notices n on n.case_id = m.case_id and m.seq > n.seq
    where m.move in ('appeal', 'uphold', 'reject')
    group by m.case_id, m.owner_id
)
select c.case_id
from cases c
join notices n on n.case_id = c.case_id
where c.state in ('noticed', 'upheld', 'rejected') and n.until <= $as_of
    and not exists (select 1 from appeals a where a.case_id = c.case_id and a.unanswered)
order by c.case_id
