-- One row per season and owner with points as they count in public standings: own, held, and seized
-- ones that are still in escrow. As `ledger/season_points`, for all seasons at once.
with parts as (
    select
        b.season,
        case
            when starts_with(e.account, 'escrow:')
                then substr(e.account, strpos(e.account, '/') + 1)
            else substr(e.account, strpos(e.account, ':') + 1)
        end as owner_id,
        e.micropoints
    from house.entries as e
    join house.batches as b using (batch_id)
    where starts_with(e.account, 'owner:')
        or starts_with(e.account, 'held:')
        or starts_with(e.account, 'escrow:')
)
select season, owner_id, sum(micropoints)::bigint as micropoints
from parts
group by season, owner_id
having sum(micropoints) <> 0
order by season, owner_id;
