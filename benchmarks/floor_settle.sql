-- One row per week of origin and account with its share: what a settle run has to find, and nothing
-- more: no digest, no log, no entries that debit, no second look. Appeals are over for every case of
-- which notice was given, and no held line concerns two cases, which the synthetic home sees to.
with kept as (
    select v.owner_id, min(v.keep_bps) as keep_bps
    from case_verdicts v
    join cases c on c.case_id = v.case_id
    where c.state = 'noticed'
    group by v.owner_id
),
balances as (
    select b.week, e.account, e.subject, sum(e.micropoints)::hugeint as micropoints
    from entries e
    join batches b on b.batch_id = e.batch_id
    where starts_with(e.account, 'owner:')
        or starts_with(e.account, 'held:')
        or starts_with(e.account, 'escrow:')
    group by b.week, e.account, e.subject
    having sum(e.micropoints) > 0
),
decided as (
    select
        l.week,
        replace(l.account, 'held:', 'owner:') as account,
        (l.micropoints * k.keep_bps + 9999) // 10000 as released,
        l.micropoints - (l.micropoints * k.keep_bps + 9999) // 10000 as seized
    from balances l
    join kept k on k.owner_id = l.subject
    where starts_with(l.account, 'held:')
),
amounts as (
    select week, sum(micropoints)::hugeint as amount
    from (
        select week, micropoints from balances where starts_with(account, 'escrow:')
        union all
        select week, seized from decided
    )
    group by week
),
weights as (
    select week, account, sum(micropoints)::hugeint as weight
    from (
        select week, account, micropoints from balances where starts_with(account, 'owner:')
        union all
        select week, account, released from decided
    )
    where account not in (select 'owner:' || owner_id from case_members)
    group by week, account
),
ideal as (
    select
        w.week,
        w.account,
        a.amount,
        w.weight * a.amount // sum(w.weight) over (partition by w.week)::hugeint as whole,
        w.weight * a.amount % sum(w.weight) over (partition by w.week)::hugeint as remainder
    from weights w
    join amounts a on a.week = w.week
),
placed as (
    select
        week,
        account,
        whole,
        amount - sum(whole) over (partition by week) as missing,
        row_number() over (partition by week order by remainder desc, account) as place
    from ideal
)

select week, account, (whole + (place <= missing)::integer)::bigint as micropoints
from placed
where whole + (place <= missing)::integer > 0
