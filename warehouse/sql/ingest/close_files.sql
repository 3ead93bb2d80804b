-- One row per registered file that a week's books cover.
select files.path, files.kind, files.day, files."rows", files.busts, files.sha256, files.stored_at
from close_files
join event_files as files using (path)
where close_files.season = $season and close_files.week = $week
order by files.path
