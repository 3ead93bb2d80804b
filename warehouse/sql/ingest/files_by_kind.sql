-- One row per registered file, with what tells whether a source may repeat its rows.
select kind, day, path
from event_files
order by kind, path
