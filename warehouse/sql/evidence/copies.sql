-- One row per (leader, follower): the follower took the same side of the same market 0.2 to 6 seconds
-- after the leader in at least $share_bps of all that it took, and hardly ever before it.
-- Followers are looked for among the owners of the table watched.
with followers as (
    select t.* from takes t join watched w on w.owner = t.owner
),
taken as (
    select owner, count(*) as takes from followers group by owner
),
-- Six seconds reach into two neighbouring cells of five.
near as (
    select owner, market, buys, first_us, unnest([tick - 2, tick - 1, tick, tick + 1, tick + 2]) as tick
    from followers
),
lags as (
    select l.owner as leader, f.owner as follower, f.first_us - l.first_us as lag
    from near f
    join takes l on l.market = f.market and l.buys = f.buys and l.tick = f.tick
    where l.owner <> f.owner
),
followed as (
    select
        leader,
        follower,
        count(*) filter (where lag between 200000 and 6000000) as after_it,
        count(*) filter (where lag between -6000000 and -200000) as before_it
    from lags
    group by leader, follower
)
select distinct x.owner_id as leader_owner, y.owner_id as follower_owner
from followed f
join taken t on t.owner = f.follower
join traders x on x.owner = f.leader
join traders y on y.owner = f.follower
where f.after_it >= 5
    and f.after_it * 10000 >= t.takes * $share_bps
    and f.before_it * 10 <= f.after_it
order by leader_owner, follower_owner
