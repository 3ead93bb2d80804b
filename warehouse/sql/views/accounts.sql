-- One row per version of an account, as the registered event files hold it.
-- A change is a new row; a week uses the version in force at its window's end.
create view accounts as
select account_id, opened_at, changed_at, owner_id, kind, country, kyc_level, declared_group
from $registered;

comment on view accounts is 'One row per version of an account (account_id, changed_at). A week uses the version in force at its window''s end, as stored at its close.';
comment on column accounts.account_id is 'Login at the exchange.';
comment on column accounts.opened_at is 'When the account was opened, UTC.';
comment on column accounts.changed_at is 'When this version began, UTC.';
comment on column accounts.owner_id is 'Beneficial owner, who earns the points; null or the account itself where it is its own owner.';
comment on column accounts.kind is 'retail, institution, market_maker or system; null counts as retail.';
comment on column accounts.country is 'Two capital letters (ISO 3166-1 alpha-2), or null.';
comment on column accounts.kyc_level is 'Level of identity checks, or null, which counts as 0.';
comment on column accounts.declared_group is 'A relation that the accounts declared themselves, or null.';
