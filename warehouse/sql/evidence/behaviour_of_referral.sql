-- One row per owner who was referred or refers: whether it was brought by another owner, and how many it
-- brought. An account is bound once, by its earliest referral.
create temp table arrival as
with referrals as (
    select referrer_id, referee_id, ts, referral_id
    from read_parquet($files, hive_partitioning = false)
    where ts < $until
    qualify row_number() over (partition by referee_id order by ts, referral_id) = 1
),
owned as (
    select distinct p.owner_id as referrer, c.owner_id as referee
    from referrals r
    join accounts p on p.account_id = r.referrer_id
    join accounts c on c.account_id = r.referee_id
    where p.owner_id <> c.owner_id
),
ends as (
    select referee as owner_id, 1 as referred, 0 as referees from owned
    union all
    select referrer, 0, 1 from owned
)
select owner_id, max(referred) as referred, cast(sum(referees) as bigint) as referees
from ends
group by owner_id
