-- One row per entry of the batches of one week of origin, in the order in which they were written.
select b.leaf_index, e.account, e.micropoints, e.reason, e.subject
from entries e
join batches b on b.batch_id = e.batch_id
where b.season = $season and b.week = $week
order by b.leaf_index, e.line
