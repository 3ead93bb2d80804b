-- One row per ledger account with what it holds over all batches.
create view ledger_balances as
select
    account, min(owner_id) as owner_id, min(case_id) as case_id,
    sum(micropoints)::bigint as micropoints
from entries
group by account;

comment on view ledger_balances is 'One row per ledger account with the sum of its entries. Promise: all rows add up to zero; only emission: and budget: accounts are negative, by what they gave. A budget: account is positive where adjustments took more back into it than it gave.';
comment on column ledger_balances.account is 'As in entries.';
comment on column ledger_balances.owner_id is 'The owner in owner:, held:, escrow: and undivided: accounts, else null.';
comment on column ledger_balances.case_id is 'The case in escrow: accounts, else null.';
comment on column ledger_balances.micropoints is 'What it holds.';
