-- One row per kind and UTC day with stored events or a declaration of the feed.
create table event_days as
with stored as (
    select
        kind, day, count(*) as files, sum("rows")::bigint as "rows", sum(busts)::bigint as busts,
        sum(late)::bigint as late, min(first_ts) as first_ts, max(last_ts) as last_ts
    from house.event_files
    group by kind, day
)
select
    kind, day, coalesce(stored.files, 0) as files, coalesce(stored."rows", 0) as "rows",
    coalesce(busts, 0) as busts, coalesce(late, 0) as late, first_ts, last_ts,
    manifests."rows" as declared_rows
from stored
full join house.manifests using (kind, day)
order by kind, day;

comment on table event_days is 'One row per event kind and UTC day that holds events or was declared complete by the feed.';
comment on column event_days.kind is 'accounts, referrals, fills, balances, transfers or logins.';
comment on column event_days.day is 'UTC day of the events.';
comment on column event_days.files is 'Registered Parquet files.';
comment on column event_days."rows" is 'Events in them.';
comment on column event_days.busts is 'Events that cancel a fill.';
comment on column event_days.late is 'Events that came after their week''s books had closed.';
comment on column event_days.first_ts is 'Earliest event, UTC.';
comment on column event_days.last_ts is 'Latest event, UTC.';
comment on column event_days.declared_rows is 'What the feed''s manifest declares; null where there is none.';
