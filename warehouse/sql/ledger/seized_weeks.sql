-- One row per week of origin of which decisions took something, and where that is now: what was
-- taken is what was given back, spread over owners, put into the reserve, or is still in escrow.
with flows as (
    select
        b.season,
        b.week,
        b.kind,
        starts_with(e.account, 'escrow:') as escrow,
        e.account = 'reserve' as reserve,
        e.micropoints
    from entries e
    join batches b using (batch_id)
    where b.kind in ('seize', 'reach_back', 'restore', 'redistribute')
)
select
    season,
    week,
    coalesce(sum(micropoints) filter (where escrow and kind in ('seize', 'reach_back')), 0)::bigint
        as taken,
    coalesce(-sum(micropoints) filter (where escrow and kind = 'restore'), 0)::bigint as restored,
    coalesce(sum(micropoints) filter (where kind = 'redistribute' and not escrow and not reserve), 0)
        ::bigint as to_owners,
    coalesce(sum(micropoints) filter (where kind = 'redistribute' and reserve), 0)::bigint
        as to_reserve,
    coalesce(sum(micropoints) filter (where escrow), 0)::bigint as in_escrow
from flows
group by season, week
order by season, week
