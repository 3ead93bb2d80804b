-- One row per case: its chain, its place in it from 1, and when it became final, where it is.
-- A chain is one group of owners over time; each case of it was decided by itself.
with recursive places as (
    select case_id, 1 as place from cases where follows is null
    union all
    select c.case_id, p.place + 1 as place
    from cases c
    join places p on p.case_id = c.follows
),
settled as (
    select case_id, max(moved_at) as final_at from case_moves where move = 'settle' group by case_id
)
select
    c.case_id,
    c.root,
    c.follows,
    c.cluster_id,
    c.state,
    p.place,
    s.final_at
from cases c
join places p on p.case_id = c.case_id
left join settled s on s.case_id = c.case_id
order by c.case_id
