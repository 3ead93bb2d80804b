-- One row per cluster of the last detection in which a model was asked: what it said, and by which
-- routes the cluster came before a moderator, where it is there still. Likeliest first.
with last_run as (
    select max(run_id) as run_id from model_probabilities where model_id = $model_id
)
select p.run_id, p.cluster_id, p.probability, p.ruled, c.routes
from model_probabilities p
join last_run l on l.run_id = p.run_id
left join clusters c on c.cluster_id = p.cluster_id
where p.model_id = $model_id
order by p.probability desc, p.cluster_id
