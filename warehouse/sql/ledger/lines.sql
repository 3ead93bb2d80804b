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
-- Seizing and restoring stay within a line. So it was empty before and is not now only if something
-- was put there after something had left it; only then is every step of it looked at, which costs.
whole as (
    select
        season,
        week,
        owner_id,
        subject,
        sum(micropoints) filter (where held) as micropoints,
        sum(micropoints) filter (where held and not by_case) as gross,
        sum(micropoints) filter (where not held and taken) as taken,
        coalesce(
            min(leaf_index) filter (where micropoints < 0 and not taken)
            < max(leaf_index) filter (where micropoints > 0 and not taken),
            false
        ) as refilled
    from moved
    group by season, week, owner_id, subject
    having sum(micropoints) <> 0
),
filled as (
    select m.*, sum(m.micropoints) over (
        partition by m.season, m.week, m.owner_id, m.subject order by m.leaf_index
    ) as there
    from moved m
    semi join (select * from whole where refilled) w
        on w.season = m.season and w.week = m.week
        and w.owner_id = m.owner_id and w.subject is not distinct from m.subject
),
since as (
    select *, coalesce(max(leaf_index) filter (where there = 0) over (
        partition by season, week, owner_id, subject
    ), -1) as emptied
    from filled
),
lines as (
    select season, week, owner_id, subject, micropoints, gross, taken
    from whole
    where not refilled
    union all
    select
        season,
        week,
        owner_id,
        subject,
        sum(micropoints) filter (where held),
        sum(micropoints) filter (where held and not by_case),
        sum(micropoints) filter (where not held and taken)
    from since
    where leaf_index > emptied
    group by season, week, owner_id, subject
)
select
    season,
    week,
    owner_id,
    subject,
    coalesce(micropoints, 0)::bigint as micropoints,
    coalesce(gross, 0)::bigint as gross,
    coalesce(taken, 0)::bigint as taken
from lines
order by season, week, owner_id, subject
