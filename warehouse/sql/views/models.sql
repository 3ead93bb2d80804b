-- One row per model of clusters that was trained, with its state after its last move.
create table models as
with standing as (
    select model_id, max_by(state, seq) as state from house.model_moves group by model_id
)
select
    model_id, state, trained_at, first_run, last_run, training_rows, features, features_sha256,
    fingerprint, summary
from house.models
join standing using (model_id)
order by trained_at, model_id;

comment on table models is 'One row per model of clusters. It learns from what moderators decided; only a ruling one brings anybody before a moderator, and none decides.';
comment on column models.model_id is 'Name of the model.';
comment on column models.state is 'shadow (asked, decides nothing), ruling or retired.';
comment on column models.trained_at is 'When, UTC.';
comment on column models.first_run is 'First detection that it was trained on.';
comment on column models.last_run is 'Last one.';
comment on column models.training_rows is 'Clusters that it learned from, each as often as there are detections of it.';
comment on column models.features is 'Number of its features.';
comment on column models.features_sha256 is 'Digest of their names, in order.';
comment on column models.fingerprint is 'Digest of its rows, features, settings, seed and libraries: the same of all, the same model.';
comment on column models.summary is 'JSON: labels by tier, metrics out of fold beside flat features and rules with intervals, settings, versions of libraries.';
