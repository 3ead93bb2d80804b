-- One row per source file that was ever offered, with what became of its rows.
create table source_files as
select
    file_name, source_sha256, kind, bytes, outcome, reason,
    accepted, duplicate, late, quarantined, digits_cut, ingested_at
from house.source_files
order by ingested_at, source_sha256;

comment on table source_files is 'One row per source file that was ever offered, by its content. Promise: a refused file has accepted nothing.';
comment on column source_files.file_name is 'Its name when it was offered.';
comment on column source_files.source_sha256 is 'SHA-256 of its bytes.';
comment on column source_files.kind is 'Kind of its events, or null where that could not be told.';
comment on column source_files.bytes is 'Its size.';
comment on column source_files.outcome is 'taken, or refused as a whole.';
comment on column source_files.reason is 'Why it was refused, or null.';
comment on column source_files.accepted is 'Rows that were stored.';
comment on column source_files.duplicate is 'Rows that were stored before with the same content.';
comment on column source_files.late is 'Stored rows that came after their week''s books had closed.';
comment on column source_files.quarantined is 'Rows that broke a rule; see quarantine.';
comment on column source_files.digits_cut is 'Amounts that had more digits than are kept.';
comment on column source_files.ingested_at is 'When it was offered, UTC.';
