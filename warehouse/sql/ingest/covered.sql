-- One row per registered file that the books of a window cover: everything about accounts,
-- referrals and balances up to its last day, its fills, and later fills files that hold busts,
-- which cancel fills of the window. The measures still filter by instant.
select path, kind, day, "rows", busts, sha256, stored_at
from event_files
where (kind in ('accounts', 'referrals', 'balances') and day <= $last_day)
   or (kind = 'fills' and day between $first_day and $last_day)
   or (kind = 'fills' and day > $last_day and busts > 0)
order by path
