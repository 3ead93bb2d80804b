-- One row per case, in one state or in all: what a moderator picks from, highest score first.
with members as (
    select case_id, count(distinct account_id) as accounts, count(distinct owner_id) as owners
    from case_members
    group by case_id
),
evidence as (
    select case_id, list(distinct family order by family) as families, count(*) as edges
    from case_evidence
    group by case_id
),
moves as (
    select case_id, max(moved_at) as moved_at, count(*) as moves from case_moves group by case_id
)
select
    c.case_id,
    c.cluster_id,
    c.state,
    c.score,
    m.accounts,
    m.owners,
    coalesce(e.families, []) as families,
    coalesce(e.edges, 0) as edges,
    c.opened_at,
    v.moved_at,
    v.moves,
    coalesce(c.routes, []) as routes
from cases c
join members m on m.case_id = c.case_id
join moves v on v.case_id = c.case_id
left join evidence e on e.case_id = c.case_id
where $state is null or c.state = $state
order by c.score desc, c.case_id
