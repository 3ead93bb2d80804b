-- One row per (piece, referral) by which the referrer of the piece brought one of its owners. An account
-- is bound once, by its earliest referral.
insert into found by name
with bound as (
    select referral_id, ts, referrer_id, referee_id
    from read_parquet($referrals, hive_partitioning = false)
    where ts < $until
    qualify row_number() over (partition by referee_id order by ts, referral_id) = 1
)
select
    p.piece,
    1 as turn,
    'referrals' as event,
    r.referral_id as event_id,
    r.ts,
    c.owner_id,
    r.referrer_id as actor,
    'refers' as act,
    r.referee_id as upon
from bound r
join accounts a on a.account_id = r.referrer_id
join accounts c on c.account_id = r.referee_id
join pieces p on p.signal in ('referral', 'siblings') and p.value_hash = a.owner_id
join sides s on s.piece = p.piece and s.owner_id = c.owner_id
where c.owner_id <> a.owner_id
