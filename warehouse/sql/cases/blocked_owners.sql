-- One row per owner and open or confirmed case that it is in, and the state that it is in there.
-- An owner that joined a confirmed case after its last confirmation is still open in it: nobody has
-- looked at that owner yet. An owner may be in several cases: each keeps its points, and each
-- confirmed one tells with whom its trades do not count.
with active as (
    select case_id, state from cases where state in ('open', 'confirmed')
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
        case
            when a.state = 'confirmed' and min(j.seq) < max(c.seq) then 'confirmed'
            else 'open'
        end as state
    from joined j
    join active a on a.case_id = j.case_id
    left join last_confirmation c on c.case_id = j.case_id
    group by j.owner_id, a.case_id, a.state
)
select owner_id, case_id, state from standing order by owner_id, case_id
