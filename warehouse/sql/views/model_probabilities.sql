-- One row per detection, model and cluster: what the model said of the cluster then.
create table model_probabilities as
select run_id, model_id, cluster_id, probability, ruled
from house.model_probabilities
order by run_id, model_id, cluster_id;

comment on table model_probabilities is 'One row per detection, model and cluster: what each model that was not retired said.';
comment on column model_probabilities.run_id is 'The detection.';
comment on column model_probabilities.model_id is 'The model.';
comment on column model_probabilities.cluster_id is 'The cluster.';
comment on column model_probabilities.probability is 'What it said, calibrated on decisions.';
comment on column model_probabilities.ruled is 'Whether it ruled; what shadows say decides nothing.';
