-- One row per (market, cell of $seconds) in which both of two owners traded: when, on which sides, how
-- much, and how many of the fills were between the two. It is what a moderator sees of a pair.
with versions as (
    select account_id, changed_at, coalesce(owner_id, account_id) as owner_id
    from read_parquet($accounts, hive_partitioning = false)
    where changed_at < $until
),
in_force as (
    select account_id, owner_id
    from versions
    qualify row_number() over (partition by account_id order by changed_at desc) = 1
),
theirs as (
    select account_id, owner_id = $owner_a as is_a
    from in_force
    where owner_id in ($owner_a, $owner_b)
),
busted as (
    select busts as fill_id
    from read_parquet($fills, hive_partitioning = false)
    where ts < $until and busts is not null
),
sides as (
    select
        f.fill_id,
        f.ts,
        f.market,
        f.notional_usd,
        unnest([
            {'account_id': f.maker_id, 'buys': f.taker_side = 'sell', 'other': f.taker_id},
            {'account_id': f.taker_id, 'buys': f.taker_side = 'buy', 'other': f.maker_id}
        ]) as side
    from read_parquet($fills, hive_partitioning = false) f
    anti join busted b on b.fill_id = f.fill_id
    where f.ts < $until and f.busts is null
        and (
            f.maker_id in (select account_id from theirs)
            or f.taker_id in (select account_id from theirs)
        )
),
legs as (
    select
        s.fill_id,
        s.ts,
        s.market,
        epoch_us(s.ts) // ($seconds * 1000000) as cell,
        t.is_a,
        s.side.buys as buys,
        s.notional_usd,
        o.account_id is not null and o.is_a <> t.is_a as is_met
    from sides s
    join theirs t on t.account_id = s.side.account_id
    left join theirs o on o.account_id = s.side.other
),
said as (
    select
        market,
        cell,
        is_a,
        min(ts) as ts,
        case when bool_and(buys) then 'buy' when bool_or(buys) then 'both' else 'sell' end as side,
        sum(notional_usd) as notional
    from legs
    group by market, cell, is_a
),
counted as (
    select
        market,
        cell,
        count(distinct fill_id) as fills,
        count(distinct fill_id) filter (where is_met) as met
    from legs
    group by market, cell
)
select
    least(a.ts, b.ts) as ts,
    a.market,
    a.side as side_a,
    a.notional as notional_a,
    b.side as side_b,
    b.notional as notional_b,
    c.fills,
    c.met
from said a
join said b on b.market = a.market and b.cell = a.cell
join counted c on c.market = a.market and c.cell = a.cell
where a.is_a and not b.is_a
order by ts, market, a.cell
