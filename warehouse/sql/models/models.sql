-- One row per model, the newest first: what it is, its state after its last move, where the detections
-- that it was trained on stopped looking, and in how many detections it was asked without ruling.
with standing as (
    select model_id, max_by(state, seq) as state from model_moves group by model_id
),
asked as (
    select model_id, count(distinct run_id) as shadowed
    from model_probabilities
    where not ruled
    group by model_id
)
select
    m.model_id,
    m.fingerprint,
    m.recipe_sha256,
    m.features_sha256,
    m.features,
    m.first_run,
    m.last_run,
    m.training_rows,
    m.summary,
    m.trained_at,
    first.as_of as first_as_of,
    last.as_of as last_as_of,
    s.state,
    coalesce(a.shadowed, 0) as shadowed
from models m
join standing s on s.model_id = m.model_id
join detections first on first.run_id = m.first_run
join detections last on last.run_id = m.last_run
left join asked a on a.model_id = m.model_id
order by m.trained_at desc, m.model_id
