-- One row per owner in an open or confirmed case: the case that decides, and the state it is in.
-- An owner that joined a confirmed case after its last confirmation is still open in it: nobody has
-- looked at that owner yet. Confirmed goes before open, then the oldest case.
with active as (
    select case_id, state, opened_at from cases where state in ('open', 'confirmed')
),
last_confirmation as (
    select case_id, max(seq) as seq from case_moves where move = 'confirm' group by case_id
),
joined as (
    select m.case_id, m.owner_id, m.account_id, coalesce(max(v.seq), 0) as seq
    from case_members m
    left join case_moves v
        on v.case_id = m.case_id
        and v.moved_at = m.added_at
        and v.move in ('opened', 'gained', 'reopened')
    group by m.case_id, m.owner_id, m.account_id
),
-- An owner was looked at when the first of its accounts was: points and trades are the owner's.
standing as (
    select
        j.owner_id,
        a.case_id,
        a.opened_at,
        case
            when a.state = 'confirmed' and min(j.seq) < max(c.seq) then 'confirmed'
            else 'open'
        end as state
    from joined j
    join active a on a.case_id = j.case_id
    left join last_confirmation c on c.case_id = j.case_id
    group by j.owner_id, a.case_id, a.opened_at, a.state
)
select owner_id, case_id, state
from standing
qualify row_number() over (
    partition by owner_id order by state = 'open', opened_at, case_id
) = 1
order by owner_id
