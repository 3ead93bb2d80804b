-- One row per source that was offered, from the registered relation `noted`; what was refused
-- before may be taken now.
insert or replace into source_files
select source_sha256, file_name, kind, bytes, outcome, reason,
       accepted, duplicate, late, quarantined, digits_cut, $now
from noted
order by source_sha256
