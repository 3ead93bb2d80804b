-- One row per (piece, owner): the account that the owner opened first, as it was first registered.
insert into found by name
with versions as (
    select account_id, changed_at, opened_at
    from read_parquet($accounts, hive_partitioning = false)
    where changed_at < $until
    qualify row_number() over (partition by account_id order by changed_at) = 1
),
firsts as (
    select a.owner_id, a.account_id, a.opened_at, v.changed_at
    from accounts a
    join versions v on v.account_id = a.account_id
    where a.owner_id in (select owner_id from sides) and a.opened_at is not null
    qualify row_number() over (partition by a.owner_id order by a.opened_at, a.account_id) = 1
)
select
    s.piece,
    1 as turn,
    'accounts' as event,
    concat(f.account_id, '@', strftime(f.changed_at, '%Y-%m-%dT%H:%M:%SZ')) as event_id,
    f.opened_at as ts,
    s.owner_id,
    f.account_id as actor,
    'is opened' as act
from sides s
join pieces p on p.piece = s.piece and p.signal = 'sign_up_burst'
join firsts f on f.owner_id = s.owner_id
