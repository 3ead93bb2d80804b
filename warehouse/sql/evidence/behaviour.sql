-- One row per owner: what it did itself, from the tables trading, presence, money and arrival. What an
-- owner never did is null; the reader counts it as 0.
with owners as (
    select owner_id, count(*) as accounts, min(opened_at) as opened_at from accounts group by owner_id
)
select
    o.owner_id,
    o.accounts,
    o.opened_at,
    t.* exclude (owner_id),
    p.* exclude (owner_id),
    m.* exclude (owner_id),
    a.* exclude (owner_id)
from owners o
left join trading t on t.owner_id = o.owner_id
left join presence p on p.owner_id = o.owner_id
left join money m on m.owner_id = o.owner_id
left join arrival a on a.owner_id = o.owner_id
order by o.owner_id
