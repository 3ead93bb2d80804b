-- One row per move of a case, week of origin, owner, subject and what the move's batches did to the
-- owner's points: 'seized' and 'reached_back' into escrow, 'restored' out of it, 'released' from held
-- to own; and what was left afterwards: 'held', because something else keeps it, and 'left', their own
-- of a week that was reached back to, without what was released. What an acknowledgement wrote down
-- is 'owed'; of others than the owner whom it is about, it is their share in that owner. A batch says by its key, C-…/seq,
-- which move it belongs to. Amounts are positive.
with asked as (
    select unnest($keys) as key
),
written as (
    select b.key, b.batch_id, b.season, b.week, b.leaf_index
    from batches b
    semi join asked a on a.key = b.key
    where b.kind in ('seize', 'reach_back', 'restore', 'release')
),
-- An escrow account is called escrow:<case>/<owner>, a held one held:<owner>.
lines as (
    select
        w.key,
        w.season,
        w.week,
        case
            when starts_with(e.account, 'escrow:') then substr(e.account, strpos(e.account, '/') + 1)
            else substr(e.account, strpos(e.account, ':') + 1)
        end as owner_id,
        e.subject,
        e.reason,
        e.micropoints
    from entries e
    join written w on w.batch_id = e.batch_id
    where (starts_with(e.account, 'escrow:') and e.reason in ('seized', 'reached_back', 'restored'))
        or (starts_with(e.account, 'held:') and e.reason = 'released')
),
moved as (
    select key, season, week, owner_id, subject, reason as what,
        abs(sum(micropoints)) as micropoints
    from lines
    group by key, season, week, owner_id, subject, reason
),
last_leaf as (
    select key, max(leaf_index) as leaf_index from written group by key
),
touched as (
    select distinct m.key, m.season, m.week, m.owner_id, m.subject, l.leaf_index
    from moved m
    join last_leaf l on l.key = m.key
    where m.subject is not null
),
reached as (
    select distinct m.key, m.season, m.week, m.owner_id, l.leaf_index
    from moved m
    join last_leaf l on l.key = m.key
    where m.what = 'reached_back'
),
still_held as (
    select t.key, t.season, t.week, t.owner_id, t.subject, 'held' as what,
        sum(e.micropoints) as micropoints
    from touched t
    join entries e on e.account = 'held:' || t.owner_id and e.subject = t.subject
    join batches b
        on b.batch_id = e.batch_id
        and b.season = t.season
        and b.week = t.week
        and b.leaf_index <= t.leaf_index
    group by t.key, t.season, t.week, t.owner_id, t.subject
    having sum(e.micropoints) > 0
),
left_alone as (
    select r.key, r.season, r.week, r.owner_id, null as subject, 'left' as what,
        sum(e.micropoints) as micropoints
    from reached r
    join entries e on e.account = 'owner:' || r.owner_id
    join batches b
        on b.batch_id = e.batch_id
        and b.season = r.season
        and b.week = r.week
        and b.leaf_index <= r.leaf_index
        and not (b.key = r.key and b.kind = 'release')
    group by r.key, r.season, r.week, r.owner_id
),
written_down as (
    select o.cause as key, o.season, o.week, o.owner_id,
        case when o.owner_id <> m.owner_id then m.owner_id end as subject,
        'owed' as what,
        o.micropoints
    from owed o
    semi join asked a on a.key = o.cause
    join case_moves m on m.case_id || '/' || m.seq = o.cause
    where o.direction = 'to_owner'
)
select
    split_part(key, '/', 1) as case_id,
    split_part(key, '/', 2)::integer as seq,
    season,
    week,
    owner_id,
    subject,
    what,
    micropoints::bigint as micropoints
from (
    from moved
    union all by name from still_held
    union all by name from left_alone
    union all by name from written_down
)
where micropoints <> 0
order by case_id, seq, season, week, owner_id, subject, what
