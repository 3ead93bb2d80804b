-- One row per (piece, sequence, owner, step, fill): the fills of the openings that both owners of the
-- piece repeated (the table repeated_openings), the first sequences first; then those of echoes, where
-- there are (the table echoes), the first of two as step 1 and its echo as step 2.
insert into found by name
with of_echoes as (
    select
        e.piece,
        e.number,
        unnest([
            {
                'owner_id': e.owner_a,
                'nth': e.nth_a,
                'step': case when e.us_a <= e.us_b then 1 else 2 end
            },
            {
                'owner_id': e.owner_b,
                'nth': e.nth_b,
                'step': case when e.us_a <= e.us_b then 2 else 1 end
            }
        ]) as one
    from echoes e
),
told as (
    select
        piece,
        number as turn,
        concat('sequence ', printf('%06d', number), ' ', owner_id) as strand,
        step,
        owner_id,
        market,
        buys,
        tick
    from repeated_openings
    union all
    select
        e.piece,
        e.number as turn,
        concat('then echo ', printf('%06d', e.number)) as strand,
        e.one.step,
        o.owner_id,
        o.market,
        o.buys,
        o.tick
    from of_echoes e
    join openings o on o.owner_id = e.one.owner_id and o.nth = e.one.nth
)
select
    t.piece,
    t.turn,
    t.strand,
    t.step as hop,
    'fills' as event,
    f.fill_id as event_id,
    f.ts,
    t.owner_id,
    f.taker_id as actor,
    case when f.buys then 'buys' else 'sells' end as act,
    f.market,
    f.usd
from told t
join own_fills f
    on f.taker_owner = t.owner_id and f.market = t.market and f.buys = t.buys
    and epoch_us(f.ts) // 5000000 = t.tick
