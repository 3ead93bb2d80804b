-- One row per staged line whose key is there already with other content.
insert into rejects
select line, null, $reason, null from repeats where not same
