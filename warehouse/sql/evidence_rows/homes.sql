-- One row per (piece, login) of an owner from the address that the piece says is its home, at whatever
-- hour; every owner's first login comes first.
insert into found by name
select
    p.piece,
    row_number() over (partition by p.piece, s.owner_id order by l.ts, l.login_id) as turn,
    'logins' as event,
    l.login_id as event_id,
    l.ts,
    s.owner_id,
    l.account_id as actor,
    'logs in from' as act,
    concat(left(l.ip_hmac, 8), '…') as upon
from read_parquet($logins, hive_partitioning = false) l
join accounts a on a.account_id = l.account_id
join pieces p on p.signal = 'home' and p.value_hash = l.ip_hmac
join sides s on s.piece = p.piece and s.owner_id = a.owner_id
left join hand_overs h on h.account_id = l.account_id
where l.ts < $until and (h.begins is null or date_trunc('hour', l.ts) >= date_trunc('hour', h.begins))
