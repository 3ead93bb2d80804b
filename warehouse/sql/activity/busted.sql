-- One row per fill that was cancelled, on whatever day the cancelling row lies.
select distinct busts as fill_id
from bust_rows
where busts is not null
