-- One row per cluster of the newest detection: accounts that seem to have one operator.
create table clusters as
select cluster_id, accounts, owners, families, score, routes, probability, first_found_at
from house.clusters
order by cluster_id;

comment on table clusters is 'One row per cluster of the newest detection. A cluster is a reason to look, not a finding about people.';
comment on column clusters.cluster_id is 'Stays the same from detection to detection.';
comment on column clusters.accounts is 'Number of accounts in it.';
comment on column clusters.owners is 'Number of owners in it.';
comment on column clusters.families is 'Signal families that its evidence comes from.';
comment on column clusters.score is 'How strong the linkage is; higher is stronger, and no probability.';
comment on column clusters.routes is 'How it comes before a moderator: graph (by evidence alone), model (by the ruling model); empty: it does not.';
comment on column clusters.probability is 'What the ruling model says, calibrated on decisions; null without one.';
comment on column clusters.first_found_at is 'When it was first found, UTC.';
