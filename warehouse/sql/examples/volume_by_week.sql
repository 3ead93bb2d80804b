-- Traded notional by week and product, without busts and what they cancel.
with busted as (
    select busts as fill_id from fills where busts is not null
),
standing as (
    select ts, product, notional_usd
    from fills
    anti join busted using (fill_id)
    where busts is null
)
select label, product, count(*) as fills, sum(notional_usd) as notional_usd
from standing
join weeks on ts >= starts_at and ts < ends_at
group by season, week, label, product
order by season, week, product;
