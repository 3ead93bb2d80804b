-- The logins with pseudonyms take the place of the staged ones.
drop table stage;
alter table pseudonymous rename to stage;
