-- One row per (leader, follower): the follower took the same side of the same market 0.2 to 6 seconds
-- after the leader in at least $share_bps of all that it took, and hardly ever before it.
-- Followers are looked for among the owners of the table watched.
with followers as (
    select t.* from takes t join watched w on w.owner = t.owner
),
taken as (
    select owner, count(*) as takes from followers group by owner
),
-- Six seconds reach back into two neighbouring cells of five.
late as (
    select owner, market, buys, first_us, unnest([tick - 2, tick - 1, tick]) as tick from followers
),
after_it as (
    select l.owner as leader, f.owner as follower, count(*) as times
    from late f
    join takes l on l.market = f.market and l.buys = f.buys and l.tick = f.tick
    where l.owner <> f.owner and f.first_us - l.first_us between 200000 and 6000000
    group by l.owner, f.owner
    having count(*) >= 5
),
followed as (
    select a.leader, a.follower, a.times
    from after_it a
    join taken t on t.owner = a.follower
    where a.times * 10000 >= t.takes * $share_bps
),
early as (
    select owner, market, buys, first_us, unnest([tick, tick + 1, tick + 2]) as tick
    from followers
    where owner in (select follower from followed)
),
before_it as (
    select p.leader, p.follower, count(*) as times
    from followed p
    join early f on f.owner = p.follower
    join takes l
        on l.owner = p.leader and l.market = f.market and l.buys = f.buys and l.tick = f.tick
    where l.first_us - f.first_us between 200000 and 6000000
    group by p.leader, p.follower
)
select distinct x.owner_id as leader_owner, y.owner_id as follower_owner
from followed f
left join before_it b on b.leader = f.leader and b.follower = f.follower
join traders x on x.owner = f.leader
join traders y on y.owner = f.follower
where coalesce(b.times, 0) * 10 <= f.times
order by leader_owner, follower_owner
