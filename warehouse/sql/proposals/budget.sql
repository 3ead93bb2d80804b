-- One row: the micropoints that have left a budget in a season, less what came back to it, as of a
-- point in the log.
select coalesce(-sum(entries.micropoints), 0)::bigint as micropoints
from entries
inner join batches on entries.batch_id = batches.batch_id
where batches.season = $season
    and entries.account = 'budget:' || $budget
    and batches.leaf_index < coalesce($before_leaf, 9223372036854775807)
