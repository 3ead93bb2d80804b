-- One row per week of origin, account and subject with what stands there, as of a leaf of the log.
-- No zero rows. One week or all; accounts that begin with one of $under, of which there are at most
-- three: DuckDB skips whole blocks by a prefix, but not by a list of them. One of $accounts, or any.
with counted as (
    select batch_id, season, week
    from batches
    where leaf_index < coalesce($before_leaf, 9223372036854775807)
        and ($season is null or (season = $season and week = $week))
)
select c.season, c.week, e.account, e.subject, sum(e.micropoints)::bigint as micropoints
from counted c
join entries e on e.batch_id = c.batch_id
where (
        starts_with(e.account, $under[1])
        or starts_with(e.account, $under[2])
        or starts_with(e.account, $under[3])
    )
    and ($accounts is null or list_contains($accounts, e.account))
group by c.season, c.week, e.account, e.subject
having sum(e.micropoints) <> 0
order by c.season, c.week, e.account, e.subject
