-- One row: the end of the latest closed week, or null before the first close.
select max(window_end) from closes
