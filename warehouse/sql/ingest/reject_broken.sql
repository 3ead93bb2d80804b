-- One row per staged row that broke a rule, with the column and reason of its breach; its text
-- follows once all rejected lines are known.
insert into rejects
select stage.line, breaches."column", breaches.reason, null
from stage join breaches on breaches.code = stage.broken
