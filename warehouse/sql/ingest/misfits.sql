-- One row per closed week whose window does not fit a window that is about to close: they overlap, or
-- the two weeks follow each other and do not meet.
select season, week, window_start, window_end
from closes
where (window_start < $window_end::timestamp and window_end > $window_start::timestamp)
   or (season = $season and week + 1 = $week and window_end <> $window_start::timestamp)
   or (season = $season and week - 1 = $week and window_start <> $window_end::timestamp)
order by season, week
