-- One row per week of origin, owner and subject with what is held there now, all that was put there
-- (issued, or given and taken back by hand) since the line was last empty, and what decisions have
-- taken of that, less what was restored; as of a leaf of the log, of one week or of all. A line is
-- empty where nothing of it is held or lies in escrow: what was given before that is settled, and
-- no later verdict counts it. An escrow account is escrow:<case>/<owner>; what lies there without a
-- subject was the owner's own (see own_lines).
with counted as (
    select batch_id, leaf_index, season, week, kind
    from batches
    where leaf_index < coalesce($before_leaf, 9223372036854775807)
        and ($season is null or (season = $season and week = $week))
),
moved as (
    select
        c.season,
        c.week,
        c.leaf_index,
        case
            when starts_with(e.account, 'held:') then substr(e.account, 6)
            else substr(e.account, strpos(e.account, '/') + 1)
        end as owner_id,
        e.subject,
        starts_with(e.account, 'held:') as held,
        c.kind in ('seize', 'restore', 'release') as by_case,
        c.kind in ('seize', 'restore') as taken,
        e.micropoints
    from counted c
    join entries e on e.batch_id = c.batch_id
    where starts_with(e.account, 'held:')
        or (starts_with(e.account, 'escrow:') and e.subject is not null)
),
filled as (
    select *, sum(micropoints) over (
        partition by season, week, owner_id, subject order by leaf_index
    ) as there
    from moved
),
since as (
    select *, coalesce(max(leaf_index) filter (where there = 0) over (
        partition by season, week, owner_id, subject
    ), -1) as emptied
    from filled
)
select
    season,
    week,
    owner_id,
    subject,
    coalesce(sum(micropoints) filter (where held), 0)::bigint as micropoints,
    coalesce(sum(micropoints) filter (where held and not by_case), 0)::bigint as gross,
    coalesce(sum(micropoints) filter (where not held and taken), 0)::bigint as taken
from since
where leaf_index > emptied
group by season, week, owner_id, subject
order by season, week, owner_id, subject
