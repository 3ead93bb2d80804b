-- One row: which edition this file is, and of when.
create table edition as
select edition, taken_at, home_id, rehearsal
from house.edition;

comment on table edition is 'One row: which edition this file is, and when its content was read. Everything in the file is of that one instant.';
comment on column edition.edition is 'Number of this edition; counts up.';
comment on column edition.taken_at is 'When the warehouse was read, UTC.';
comment on column edition.home_id is 'Which home this is; the log''s checkpoints carry the same id.';
comment on column edition.rehearsal is 'True where a stand-in clock is allowed: nothing in this file is then worth anything.';
