-- One row per (piece, login) at the address that the piece is about, in an hour in which an owner that
-- it is joined with was there too. The first logins of each hour come first.
insert into found by name
with present as (
    select
        p.piece,
        s.owner_id,
        l.login_id,
        l.account_id,
        l.ts,
        l.ip_hmac,
        date_trunc('hour', l.ts) as hour
    from read_parquet($logins, hive_partitioning = false) l
    join accounts a on a.account_id = l.account_id
    join pieces p on p.signal = 'network' and p.value_hash = l.ip_hmac
    join sides s on s.piece = p.piece and s.owner_id = a.owner_id
    left join hand_overs h on h.account_id = l.account_id
    where l.ts < $until
        and (h.begins is null or date_trunc('hour', l.ts) >= date_trunc('hour', h.begins))
),
there as (
    select distinct piece, owner_id, hour from present
),
met as (
    select c.piece, unnest([c.owner_a, c.owner_b]) as owner_id, x.hour
    from couples c
    join there x on x.piece = c.piece and x.owner_id = c.owner_a
    join there y on y.piece = c.piece and y.owner_id = c.owner_b and y.hour = x.hour
)
select
    l.piece,
    row_number() over (partition by l.piece, l.owner_id, l.hour order by l.ts, l.login_id) as turn,
    'logins' as event,
    l.login_id as event_id,
    l.ts,
    l.owner_id,
    l.account_id as actor,
    'logs in from' as act,
    concat(left(l.ip_hmac, 8), '…') as upon
from present l
semi join met m on m.piece = l.piece and m.owner_id = l.owner_id and m.hour = l.hour
