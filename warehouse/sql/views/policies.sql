-- One row per policy that somebody decided by, whole, as it was then.
create table policies as
select version, policy_sha256, text, first_used_at
from house.policies
order by first_used_at, version;

comment on table policies is 'One row per policy that a decision or a proposal went by. For analysts and not for publication: its text tells where the lines are, and who knows them can stay just below. Promise: a version has one text.';
comment on column policies.version is 'As the text calls itself.';
comment on column policies.policy_sha256 is 'SHA-256 of the text, in hexadecimal.';
comment on column policies.text is 'The whole file (TOML), with its rules in the order in which they are tried. Not for publication.';
comment on column policies.first_used_at is 'When somebody first decided or proposed by it, UTC.';
