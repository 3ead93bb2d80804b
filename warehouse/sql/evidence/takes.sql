-- One row per (owner, market, side, 5 seconds): what an owner took there, all its orders and accounts
-- together, however many fills they met.
create temp table takes as
select
    taker as owner,
    min(taker_account) as account,
    market,
    buys,
    cast(us // 5000000 as integer) as tick,
    min(us) as first_us,
    cast(sum(cents) as bigint) as cents,
    cast(sum(millionths) as bigint) as millionths
from stood
where taker is not null
group by taker, market, buys, tick
