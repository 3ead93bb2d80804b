-- One row per season and owner with points: own and held together, since held points count in
-- public standings like any others.
select
    season,
    regexp_replace(account, '^(owner|held):', '') as owner_id,
    sum(micropoints)::bigint as micropoints
from house.entries
join house.batches using (batch_id)
where starts_with(account, 'owner:') or starts_with(account, 'held:')
group by season, owner_id
having sum(micropoints) <> 0
order by season, owner_id;
