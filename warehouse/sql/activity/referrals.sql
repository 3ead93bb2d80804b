-- One row per referee: the referral that bound it, as owners. The earliest (ts, referral_id) binds,
-- whoever it names, so that nobody is bound anew by what is found out about a referrer later.
-- An edge to oneself binds as well and is taken out with the longer cycles. What names an account
-- that is unknown at the close pays nothing.
with edges as (
    select
        referrals.ts,
        referrals.referral_id,
        coalesce(referrers.owner_id, referrals.referrer_id) as referrer_id,
        coalesce(referees.owner_id, referrals.referee_id) as referee_id,
        referrers.account_id is not null and referees.account_id is not null as known
    from referrals
    left join accounts as referrers on referrals.referrer_id = referrers.account_id
    left join accounts as referees on referrals.referee_id = referees.account_id
    where referrals.ts < $end
),

ranked as (
    select
        *,
        row_number() over (partition by referee_id order by ts, referral_id) as place
    from edges
)

select referrer_id, referee_id
from ranked
where place = 1 and known
order by referrer_id, referee_id
