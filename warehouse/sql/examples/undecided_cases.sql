-- Undecided cases with the points of the season that their members have, largest first.
with members as (
    select distinct case_id, owner_id from case_members
),
stakes as (
    select case_id, season, sum(micropoints)::bigint as micropoints
    from members
    join standings using (owner_id)
    group by case_id, season
)
select case_id, state, opened_at, accounts, owners, score, season, micropoints
from cases
left join stakes using (case_id)
where state in ('open', 'under_review')
order by micropoints desc nulls last, case_id;
