-- One row per registered file of a kind between two days.
select path, kind, day, "rows", busts, sha256, stored_at
from event_files
where kind = $kind
  and ($from_day::date is null or day >= $from_day)
  and ($before_day::date is null or day < $before_day)
order by path
