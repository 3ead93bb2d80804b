-- How clusters come before a moderator: by which routes, with which probability, who of them is
-- flagged and who is spared, and why. Rows of detections before this one know nothing of it.
alter table clusters add column routes varchar[];
alter table clusters add column probability double;
alter table cluster_members add column flagged boolean;
alter table cluster_members add column spared varchar;
