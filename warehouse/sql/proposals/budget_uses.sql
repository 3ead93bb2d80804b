-- One row per batch and budget that it moved: what left the budget, what came back, and what had
-- left it in the season before the batch, less what had come back.
with moved as (
    select
        batches.batch_id,
        batches.kind,
        batches.season,
        batches.leaf_index,
        substr(entries.account, 8) as budget,
        sum(greatest(-entries.micropoints, 0))::bigint as given,
        sum(greatest(entries.micropoints, 0))::bigint as taken
    from entries
    inner join batches on entries.batch_id = batches.batch_id
    where starts_with(entries.account, 'budget:')
    group by batches.batch_id, batches.kind, batches.season, batches.leaf_index, budget
)

select
    batch_id,
    kind,
    budget,
    given,
    taken,
    (sum(given - taken) over earlier - (given - taken))::bigint as before
from moved
window earlier as (
    partition by season, budget order by leaf_index
    rows between unbounded preceding and current row
)
order by leaf_index, budget
