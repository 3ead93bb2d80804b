-- One row per referral as the feed reported it; the earliest binds a referee.
-- Nothing is left out here, not even referrals of oneself: rules come with the measures.
create view referrals as
select referral_id, ts, referrer_id, referee_id, code
from $registered;

comment on view referrals is 'One row per referral as the feed reported it. The earliest (ts, referral_id) binds a referee; later ones have no effect.';
comment on column referrals.referral_id is 'Unique id of the feed.';
comment on column referrals.ts is 'When it happened, UTC.';
comment on column referrals.referrer_id is 'Account that invited.';
comment on column referrals.referee_id is 'Account that was invited.';
comment on column referrals.code is 'Referral code, or null.';
