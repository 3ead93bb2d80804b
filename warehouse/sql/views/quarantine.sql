-- One row per source row that broke a rule: where it lies and why, never what it says.
create table quarantine as
select file_name, source_sha256, kind, line, "column", reason, quarantined_at
from house.quarantine
order by quarantined_at, source_sha256, line, "column" nulls first, reason;

comment on table quarantine is 'One row per source row that broke a rule: place and reason. Its text is not published.';
comment on column quarantine.file_name is 'The source file.';
comment on column quarantine.source_sha256 is 'SHA-256 of the source file''s bytes.';
comment on column quarantine.kind is 'Kind of its events.';
comment on column quarantine.line is 'Line or row number in the file.';
comment on column quarantine."column" is 'Which column broke the rule, or null where it was the row.';
comment on column quarantine.reason is 'Which rule.';
comment on column quarantine.quarantined_at is 'When, UTC.';
