-- One row per owner who traded: how much, of what, when, and how far it ended where it began. A market
-- is thin when it and all smaller ones have a twentieth of the venue's volume. A day in a market ends
-- flat when bought and sold differ by at most a hundredth of what was traded.
create temp table trading as
with cells as (
    select
        a.owner_id,
        t.market,
        t.day,
        sum(t.fills) as fills,
        sum(t.takes) as takes,
        sum(t.notional) as notional,
        sum(t.taken) as taken,
        sum(t.bought) as bought,
        sum(t.fees) as fees,
        sum(t.pnl) as pnl,
        sum(t.sizes) as sizes,
        sum(t.square_sizes) as square_sizes,
        sum(t.round_takes) as round_takes,
        sum(t.east) as east,
        sum(t.north) as north,
        min(t.first_at) as first_at,
        max(t.last_at) as last_at
    from traded t
    join accounts a on a.account_id = t.account_id
    group by a.owner_id, t.market, t.day
),
volumes as (
    select market, sum(notional) as notional from traded group by market
),
ranked as (
    select market, sum(notional) over (order by notional, market) as up_to, sum(notional) over () as every
    from volumes
),
thin as (
    select market from ranked where up_to * 20 <= every
),
in_market as (
    select owner_id, market, sum(notional) as notional, sum(bought) as bought
    from cells
    group by owner_id, market
),
of_markets as (
    select
        i.owner_id,
        count(*) as markets,
        max(i.notional) as most,
        sum(abs(i.bought)) as left_open,
        coalesce(sum(i.notional) filter (where t.market is not null), 0) as thin
    from in_market i
    left join thin t on t.market = i.market
    group by i.owner_id
),
of_days as (
    select
        owner_id,
        count(distinct day) as trading_days,
        sum(fills) as fills,
        sum(takes) as takes,
        sum(notional) as notional,
        sum(taken) as taken,
        coalesce(sum(notional) filter (where abs(bought) * 100 <= notional), 0) as flat,
        sum(bought) as bought,
        sum(fees) as fees,
        sum(pnl) as pnl,
        sum(sizes) as sizes,
        sum(square_sizes) as square_sizes,
        sum(round_takes) as round_takes,
        sum(east) as east,
        sum(north) as north,
        min(first_at) as first_trade,
        max(last_at) as last_trade
    from cells
    group by owner_id
)
select
    d.owner_id,
    d.fills,
    d.takes,
    d.trading_days,
    m.markets,
    cast(d.notional * 100 as bigint) as notional_cents,
    cast(d.taken * 100 as bigint) as taken_cents,
    cast(m.thin * 100 as bigint) as thin_cents,
    cast(m.most * 100 as bigint) as main_market_cents,
    cast(d.flat * 100 as bigint) as flat_cents,
    cast(d.bought * 100 as bigint) as bought_cents,
    cast(m.left_open * 100 as bigint) as open_cents,
    cast(d.fees * 100 as bigint) as fees_cents,
    cast(d.pnl * 100 as bigint) as pnl_cents,
    d.sizes as size_millis,
    d.square_sizes as square_size_micros,
    d.round_takes,
    d.east as trade_east_millis,
    d.north as trade_north_millis,
    d.first_trade,
    d.last_trade
from of_days d
join of_markets m on m.owner_id = d.owner_id
