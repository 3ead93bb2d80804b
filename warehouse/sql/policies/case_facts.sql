-- One row per asked case with what a policy may ask about it, as far as the warehouse knows it.
-- Owners and accounts count those that earlier cases of the chain confirmed, so that a group that
-- comes bit by bit is judged by its whole. as_of is where the run that opened the case or last added
-- to it stopped looking.
with asked as (
    select case_id, root, score, opened_at
    from cases
    where case_id in (select unnest($case_ids))
),
began as (
    select case_id, min(number) as number from case_moves group by case_id
),
said as (
    select
        case_id,
        coalesce(max(seq) filter (where move in ('withdraw', 'reopened')), 0) as void_until
    from case_moves
    group by case_id
),
-- What decisions, upheld appeals and acknowledgements say of each account; the newest counts. An
-- appeal that gave everything back says that the account does not belong.
verdicts as (
    select v.case_id, v.account_id, v.owner_id, v.verdict, v.rule, v.keep_bps
    from case_verdicts v
    join case_moves m on m.case_id = v.case_id and m.seq = v.seq
    join said s on s.case_id = v.case_id
    where m.move in ('confirm', 'partly', 'uphold', 'acknowledge') and v.seq > s.void_until
    qualify row_number() over (
        partition by v.case_id, v.account_id, v.owner_id order by v.seq desc
    ) = 1
),
confirmed as (
    select case_id, account_id, owner_id
    from verdicts
    where verdict = 'confirmed' and not (rule = 'appeal' and keep_bps = 10000)
),
counted as (
    select a.case_id, m.account_id, m.owner_id
    from asked a
    join case_members m on m.case_id = a.case_id
    union
    select a.case_id, v.account_id, v.owner_id
    from asked a
    join began own on own.case_id = a.case_id
    join cases c on c.root = a.root and c.case_id <> a.case_id
    join began earlier on earlier.case_id = c.case_id and earlier.number < own.number
    join confirmed v on v.case_id = c.case_id
),
sizes as (
    select case_id, count(distinct owner_id) as owners, count(distinct account_id) as accounts
    from counted
    group by case_id
),
evidence as (
    select
        e.case_id,
        count(distinct e.value_hash) filter (where e.signal = 'device') as shared_devices,
        list(distinct e.family order by e.family) as families
    from case_evidence e
    join asked a on a.case_id = e.case_id
    group by e.case_id
),
findings as (
    select m.case_id, d.as_of
    from case_moves m
    join asked a on a.case_id = m.case_id
    left join opened_by_hand h on h.case_id = m.case_id and m.move = 'opened'
    join detections d on d.run_id = coalesce(h.run_id, m.moved_by)
    where m.move in ('opened', 'gained', 'reopened')
    qualify row_number() over (partition by m.case_id order by m.seq desc) = 1
)
select
    a.case_id,
    coalesce(f.as_of, a.opened_at) as as_of,
    a.score,
    coalesce(s.owners, 0) as owners,
    coalesce(s.accounts, 0) as accounts,
    coalesce(e.shared_devices, 0) as shared_devices,
    coalesce(e.families, []) as families
from asked a
left join sizes s on s.case_id = a.case_id
left join evidence e on e.case_id = a.case_id
left join findings f on f.case_id = a.case_id
order by a.case_id
