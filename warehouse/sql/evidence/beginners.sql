-- One row per referred owner: who brought it and when, on how many days it traded, how many came to
-- the same referrer within three days of it, and how many the referrer brought in all.
-- An account is bound once, by its earliest referral.
with referrals as (
    select referrer_id, referee_id, ts, referral_id
    from read_parquet($referrals, hive_partitioning = false)
    where ts < $until
    qualify row_number() over (partition by referee_id order by ts, referral_id) = 1
),
owned as (
    select
        p.owner_id as referrer_owner,
        min(p.account_id) as referrer_account,
        c.owner_id as referee_owner,
        min(c.account_id) as referee_account,
        min(r.ts) as referred_at
    from referrals r
    join accounts p on p.account_id = r.referrer_id
    join accounts c on c.account_id = r.referee_id
    where p.owner_id <> c.owner_id
    group by p.owner_id, c.owner_id
),
days as (
    select a.owner_id, count(distinct cast(f.ts as date)) as days
    from (
        select maker_id as account_id, ts
        from read_parquet($fills, hive_partitioning = false) where ts < $until
        union all
        select taker_id as account_id, ts
        from read_parquet($fills, hive_partitioning = false) where ts < $until
    ) f
    join accounts a on a.account_id = f.account_id
    where a.owner_id in (select referee_owner from owned)
    group by a.owner_id
)
select
    o.*,
    coalesce(d.days, 0) as days,
    count(*) over (
        partition by o.referrer_owner order by o.referred_at
        range between interval 3 days preceding and interval 3 days following
    ) as close_by,
    cast(count(*) over (partition by o.referrer_owner) as integer) as brought
from owned o
left join days d on d.owner_id = o.referee_owner
order by o.referrer_owner, o.referee_owner
