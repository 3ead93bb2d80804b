-- One row per entry of an owner's accounts: own, held, and what was taken from them into escrow.
select b.season, b.week, b.created_at, b.batch_id, b.kind, e.account, e.micropoints, e.reason
from entries e
join batches b using (batch_id)
where e.account in ('owner:' || $owner_id, 'held:' || $owner_id)
    or (starts_with(e.account, 'escrow:') and substr(e.account, strpos(e.account, '/') + 1) = $owner_id)
order by b.leaf_index, e.line
