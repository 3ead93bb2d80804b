-- Stores the evidence that cases gain. It is in it since the move that is recorded next: the number
-- after the case's last one.
insert into case_evidence by name
with last_moves as (
    select case_id, max(seq) as seq from case_moves group by case_id
)
select f.*, coalesce(m.seq, 0) + 1 as since
from found f
left join last_moves m on m.case_id = f.case_id
