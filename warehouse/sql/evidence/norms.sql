-- One row per signal: how many values were seen, and how many owners hold the median one. It says
-- what is usual, beside what is rare.
with holders as (
    select signal, value_hash, count(*) as holders from seen group by signal, value_hash
    union all
    select 'network' as signal, value_hash, count(distinct owner_id) as holders
    from network_hours
    group by value_hash
)
select
    signal,
    count(*) as seen_values,
    cast(quantile_disc(holders, 0.5) as bigint) as median_holders
from holders
group by signal
order by signal
