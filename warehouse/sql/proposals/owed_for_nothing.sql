-- One row per memo of what is owed whose cause is neither a batch nor a move of a case.
select owed.owner_id, owed.season, owed.week, owed.cause
from owed
anti join batches on owed.cause = batches.batch_id
anti join case_moves on owed.cause = case_moves.case_id || '/' || case_moves.seq
order by owed.owner_id, owed.season, owed.week, owed.cause
