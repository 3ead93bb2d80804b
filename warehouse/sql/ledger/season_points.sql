-- One row per owner with the points of a season as they count in public: own, held, and seized ones
-- that are still in escrow. An escrow account is called escrow:<case>/<owner>.
with parts as (
    select
        case
            when starts_with(e.account, 'escrow:')
                then substr(e.account, strpos(e.account, '/') + 1)
            else substr(e.account, strpos(e.account, ':') + 1)
        end as owner_id,
        e.micropoints
    from entries e
    join batches b using (batch_id)
    where b.season = $season
        and b.week < coalesce($before_week, 2147483647)
        and b.leaf_index < coalesce($before_leaf, 9223372036854775807)
        and (
            starts_with(e.account, 'owner:')
            or starts_with(e.account, 'held:')
            or starts_with(e.account, 'escrow:')
        )
)
select owner_id, sum(micropoints)::bigint as micropoints
from parts
group by owner_id
having sum(micropoints) <> 0
order by owner_id
