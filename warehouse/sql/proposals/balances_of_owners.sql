-- One row per account and subject with a balance: what is owned, or held, by some owners of one
-- week of origin, as of a point in the log. Only these can be taken from.
with accounts as (
    select unnest(['owner:' || owner_id, 'held:' || owner_id]) as account
    from unnest($owners::varchar[]) as owners (owner_id)
)

select entries.account, entries.subject, sum(entries.micropoints)::bigint as micropoints
from entries
inner join batches on entries.batch_id = batches.batch_id
semi join accounts on entries.account = accounts.account
where batches.season = $season
    and batches.week = $week
    and batches.leaf_index < coalesce($before_leaf, 9223372036854775807)
group by entries.account, entries.subject
having sum(entries.micropoints) <> 0
order by entries.account, entries.subject
