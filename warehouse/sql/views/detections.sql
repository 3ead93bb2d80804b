-- One row per run of the detection.
create table detections as
select
    run_id, as_of, started_at, accounts, edges, clusters, cases_opened, model, model_refusal
from house.detections
order by started_at, run_id;

comment on table detections is 'One row per run of the detection.';
comment on column detections.run_id is 'Name of the run.';
comment on column detections.as_of is 'Events before this instant were looked at, UTC.';
comment on column detections.started_at is 'When it ran, UTC.';
comment on column detections.accounts is 'Number of accounts looked at.';
comment on column detections.edges is 'Number of evidence edges found.';
comment on column detections.clusters is 'Number of clusters found.';
comment on column detections.cases_opened is 'Number of cases that it opened.';
comment on column detections.model is 'The model that ruled, or null.';
comment on column detections.model_refusal is 'Why the model that should have ruled did not, or null.';
