-- One row per line and week of origin that a settled case spread over others and that one owner had a
-- part in: whose points they were, or in whom a referrer had a share (the entry's subject). What was
-- reached back for had no subject; it counts as its owner's own.
with spread as (
    select
        substr(e.account, strpos(e.account, '/') + 1) as owner_id,
        coalesce(e.subject, substr(e.account, strpos(e.account, '/') + 1)) as subject,
        b.season,
        b.week,
        -e.micropoints as micropoints
    from entries e
    join batches b using (batch_id)
    where b.kind = 'redistribute' and starts_with(e.account, 'escrow:' || $case_id || '/')
)
select owner_id, subject, season, week, sum(micropoints)::bigint as micropoints
from spread
where owner_id = $owner_id or subject = $owner_id
group by owner_id, subject, season, week
order by owner_id, subject, season, week
