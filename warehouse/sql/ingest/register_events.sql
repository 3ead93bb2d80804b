-- One row per event file of a group of sources, from the registered relation `noted`.
insert into event_files
select path, kind, day, "rows", busts, late, first_ts, last_ts, sha256, source_sha256, $now
from noted
order by path
