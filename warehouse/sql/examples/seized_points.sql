-- Where did the seized points go, by case and week of origin? The last four add up to the first.
-- Of weeks whose formula is hidden, what stands undivided is in none of them (see entries).
with moved as (
    select
        case_id, season, week, micropoints,
        case
            when micropoints > 0 then 'seized'
            when reason = 'restored' then 'restored'
            when batch_id in (select batch_id from entries where account = 'reserve') then 'reserve'
            else 'owners'
        end as what
    from entries
    where case_id is not null
)
select
    case_id, season, week,
    sum(if(what = 'seized', micropoints, 0))::bigint as seized,
    sum(if(what = 'restored', -micropoints, 0))::bigint as restored,
    sum(if(what = 'owners', -micropoints, 0))::bigint as to_owners,
    sum(if(what = 'reserve', -micropoints, 0))::bigint as to_reserve,
    sum(micropoints)::bigint as still_in_escrow
from moved
group by case_id, season, week
order by case_id, season, week;
