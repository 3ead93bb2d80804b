-- One row per week of origin, account and subject with what stands there, as of a leaf of the log.
-- No zero rows. `starts_with` any of $under, and one week or all.
select b.season, b.week, e.account, e.subject, sum(e.micropoints)::bigint as micropoints
from entries e
join batches b using (batch_id)
where b.leaf_index < coalesce($before_leaf, 9223372036854775807)
    and ($season is null or (b.season = $season and b.week = $week))
    and list_bool_or([starts_with(e.account, prefix) for prefix in $under])
group by b.season, b.week, e.account, e.subject
having sum(e.micropoints) <> 0
order by b.season, b.week, e.account, e.subject
