-- One row per case, account and owner of that account: an account may pass to another owner.
create table case_members as
select case_id, account_id, owner_id, added_at, since
from house.case_members
order by case_id, account_id, owner_id;

comment on table case_members is 'One row per case, account and owner of that account.';
comment on column case_members.case_id is 'The case.';
comment on column case_members.account_id is 'A member.';
comment on column case_members.owner_id is 'Owner of that account, whose new points are held while the case is undecided, or confirmed for them and not final.';
comment on column case_members.added_at is 'When it was added, UTC.';
comment on column case_members.since is 'Number of the case''s move that brought it (case_moves.seq).';
