-- One row per (piece, owner): the version of an account of the owner by which it came into the country
-- that accounts of both came into, the last time that it was moved.
insert into found by name
with versions as (
    select
        account_id,
        changed_at,
        country,
        lag(country) over (partition by account_id order by changed_at) as country_before
    from read_parquet($accounts, hive_partitioning = false)
    where changed_at < $until
),
latest as (
    select account_id, changed_at, country
    from versions
    where country <> country_before
    qualify row_number() over (partition by account_id order by changed_at desc) = 1
),
moves as (
    select s.piece, s.owner_id, l.account_id, l.changed_at, l.country
    from sides s
    join pieces p on p.piece = s.piece and p.signal = 'moved'
    join accounts a on a.owner_id = s.owner_id
    join latest l on l.account_id = a.account_id
    qualify count(*) over (partition by s.piece, l.country) >= 2
)
select
    piece,
    row_number() over (partition by piece, owner_id order by changed_at, account_id) as turn,
    'accounts' as event,
    concat(account_id, '@', strftime(changed_at, '%Y-%m-%dT%H:%M:%SZ')) as event_id,
    changed_at as ts,
    owner_id,
    account_id as actor,
    'is moved to' as act,
    country as upon
from moves
