-- One row per (piece, account, sign): for every account of an owner of the piece that changed hands, the
-- last login and withdrawal before, the first login and withdrawal after, and the changes of country.
insert into found by name
with theirs as (
    select h.account_id, h.begins, a.owner_id
    from hand_overs h
    join accounts a on a.account_id = h.account_id
    where a.owner_id in (select owner_id from sides)
),
logged_in as (
    select
        t.account_id,
        'logins' as event,
        l.login_id as event_id,
        l.ts,
        l.ts >= t.begins as is_after,
        'logs in from' as act,
        concat(left(l.device_hmac, 8), '…') as upon,
        cast(null as decimal(28, 10)) as usd
    from read_parquet($logins, hive_partitioning = false) l
    join theirs t on t.account_id = l.account_id
    where l.ts < $until and l.device_hmac is not null
),
withdrew as (
    select
        t.account_id,
        'transfers' as event,
        m.transfer_id as event_id,
        m.ts,
        m.ts >= t.begins as is_after,
        'sends to' as act,
        concat(left(sha256(m.destination), 8), '…') as upon,
        m.amount_usd as usd
    from read_parquet($transfers, hive_partitioning = false) m
    join theirs t on t.account_id = m.source
    where m.ts < $until
),
nearest as (
    select * from (select * from logged_in union all select * from withdrew)
    qualify row_number() over (
        partition by account_id, event, is_after
        order by case when is_after then epoch_us(ts) else -epoch_us(ts) end, event_id
    ) = 1
),
versions as (
    select
        v.account_id,
        v.changed_at,
        v.country,
        lag(v.country) over (partition by v.account_id order by v.changed_at) as country_before
    from read_parquet($accounts, hive_partitioning = false) v
    where v.changed_at < $until and v.account_id in (select account_id from theirs)
),
moved as (
    select
        account_id,
        'accounts' as event,
        concat(account_id, '@', strftime(changed_at, '%Y-%m-%dT%H:%M:%SZ')) as event_id,
        changed_at as ts,
        'is moved to another country' as act
    from versions
    where country <> country_before
),
signs as (
    select account_id, event, event_id, ts, act, upon, usd from nearest
    union all by name
    select * from moved
)
select
    s.piece,
    1 as turn,
    g.event,
    g.event_id,
    g.ts,
    s.owner_id,
    g.account_id as actor,
    g.act,
    g.upon,
    g.usd
from sides s
join pieces p on p.piece = s.piece and p.signal = 'hand_over'
join theirs t on t.owner_id = s.owner_id
join signs g on g.account_id = t.account_id
