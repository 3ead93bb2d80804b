-- One row per (day, kind) that a group's manifests declare, from the registered relation `noted`; a
-- newer word takes the place of an older one.
insert or replace into manifests
select day, kind, files, "rows", $now
from noted
order by day, kind
