-- One row per account of the case as it stood at $until: where it is from, how far it was verified.
select v.account_id, m.owner_id, v.country, cast(v.kyc_level as integer) as kyc_level
from read_parquet($accounts, hive_partitioning = false) v
join members m on m.account_id = v.account_id
where v.changed_at < $until
qualify row_number() over (partition by v.account_id order by v.changed_at desc) = 1
order by v.account_id
