-- One row per event file of a source, from the registered relation `written`.
insert into event_files
select path, $kind, day, "rows", busts, late, first_ts, last_ts, sha256, $source, $now
from written
order by path
