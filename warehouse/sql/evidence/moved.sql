-- One row per account that was moved to another country: to which and when, the last time that it was.
with versions as (
    select
        account_id,
        changed_at,
        country,
        lag(country) over (partition by account_id order by changed_at) as country_before
    from read_parquet($files, hive_partitioning = false)
    where changed_at < $until
)
select v.account_id, v.country, max(v.changed_at) as moved_at
from versions v
join accounts a on a.account_id = v.account_id
where v.country <> v.country_before
group by v.account_id, v.country
qualify row_number() over (partition by v.account_id order by moved_at desc, v.country) = 1
order by v.account_id
