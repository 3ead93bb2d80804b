-- One row per owner who traded: how much, of what, when, and how far it ended where it began. A market
-- is thin when it and all smaller ones have a twentieth of the venue's volume. A day in a market ends
-- flat when bought and sold differ by at most a hundredth of what was traded.
create temp table trading as
with volumes as (
    select market, sum(cents) as cents from traded_by_day group by market
),
ranked as (
    select market, sum(cents) over (order by cents, market) as up_to, sum(cents) over () as every
    from volumes
),
thin as (
    select market from ranked where up_to * 20 <= every
),
in_market as (
    select
        owner,
        market,
        sum(cents) as cents,
        sum(bought) as bought,
        coalesce(sum(cents) filter (where abs(bought) * 100 <= cents), 0) as flat
    from traded_by_day
    group by owner, market
),
of_markets as (
    select
        i.owner,
        count(*) as markets,
        max(i.cents) as main_market_cents,
        sum(i.flat) as flat_cents,
        sum(i.bought) as bought_cents,
        sum(abs(i.bought)) as open_cents,
        coalesce(sum(i.cents) filter (where t.market is not null), 0) as thin_cents
    from in_market i
    left join thin t on t.market = i.market
    group by i.owner
),
days as (
    select owner, count(distinct day) as trading_days from traded_by_day group by owner
),
sums as (
    select
        a.owner_id,
        a.owner,
        sum(t.fills) as fills,
        sum(t.takes) as takes,
        cast(sum(t.notional) * 100 as bigint) as notional_cents,
        cast(sum(t.taken) * 100 as bigint) as taken_cents,
        cast(sum(t.fees) * 100 as bigint) as fees_cents,
        cast(sum(t.pnl) * 100 as bigint) as pnl_cents,
        sum(t.sizes) as size_millis,
        sum(t.square_sizes) as square_size_micros,
        sum(t.round_takes) as round_takes,
        sum(t.east) as trade_east_millis,
        sum(t.north) as trade_north_millis,
        min(t.first_at) as first_trade,
        max(t.last_at) as last_trade
    from traded t
    join accounts a on a.account_id = t.account_id
    group by a.owner_id, a.owner
)
select s.* exclude (owner), m.* exclude (owner), d.trading_days
from sums s
join of_markets m on m.owner = s.owner
join days d on d.owner = s.owner
