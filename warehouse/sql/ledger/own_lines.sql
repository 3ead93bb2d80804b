-- One row per week of origin and owner of some owners: what is their own now, all that would be if no
-- decision had reached back for it, and what decisions have reached back for, less what was restored;
-- as of a leaf of the log, of one week or of all.
with counted as (
    select batch_id, season, week, kind
    from batches
    where leaf_index < coalesce($before_leaf, 9223372036854775807)
        and ($season is null or (season = $season and week = $week))
),
moved as (
    select
        c.season,
        c.week,
        case
            when starts_with(e.account, 'owner:') then substr(e.account, 7)
            else substr(e.account, strpos(e.account, '/') + 1)
        end as owner_id,
        starts_with(e.account, 'owner:') as own,
        c.kind in ('reach_back', 'restore') as taken,
        e.micropoints
    from counted c
    join entries e on e.batch_id = c.batch_id
    where starts_with(e.account, 'owner:')
        or (starts_with(e.account, 'escrow:') and e.subject is null)
)
select
    season,
    week,
    owner_id,
    null::varchar as subject,
    coalesce(sum(micropoints) filter (where own), 0)::bigint as micropoints,
    (coalesce(sum(micropoints) filter (where own), 0)
        + coalesce(sum(micropoints) filter (where not own and taken), 0))::bigint as gross,
    coalesce(sum(micropoints) filter (where not own and taken), 0)::bigint as taken
from moved
where list_contains($owners, owner_id)
group by season, week, owner_id
order by season, week, owner_id
