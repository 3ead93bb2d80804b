-- One row per week of every season in the home's season files, with how far it has come.
-- A closed week keeps the window that it closed with, whatever the season file says later.
-- A commitment is public from the moment of its sealing; the formula behind it is not in this file.
create table weeks as
with issues as (
    select season, week, created_at as issued_at
    from house.batches
    where kind = 'issue'
),
counted as (
    select
        c.season, c.week, c.label,
        coalesce(closes.window_start, c.starts_at) as starts_at,
        coalesce(closes.window_end, c.ends_at) as ends_at,
        c.issue_at, c.emission_micropoints,
        closes.closed_at, issues.issued_at,
        commitments.commitment, commitments.sealed_at, commitments.late, commitments.drawn,
        reveals.revealed_at
    from house.calendar as c
    left join house.closes using (season, week)
    left join issues using (season, week)
    left join house.commitments using (season, week)
    left join house.reveals using (season, week)
)
select
    season, week, label, starts_at, ends_at, issue_at, emission_micropoints,
    case
        when issued_at is not null then 'issued'
        when closed_at is not null then 'closed'
        when ends_at <= taken_at then 'ended'
        when starts_at <= taken_at then 'open'
        else 'ahead'
    end as state,
    closed_at, issued_at, commitment, sealed_at, late as sealed_late, drawn, revealed_at
from counted, house.edition
order by season, week;

comment on table weeks is 'One row per week of every season in the season files. Promise: windows [starts_at, ends_at) never overlap.';
comment on column weeks.season is 'Number of the season.';
comment on column weeks.week is 'Number of the week in its season, from 1.';
comment on column weeks.label is 'The week''s name, as in S1W05.';
comment on column weeks.starts_at is 'First instant whose activity counts, UTC.';
comment on column weeks.ends_at is 'First instant whose activity counts no more, UTC.';
comment on column weeks.issue_at is 'The issue instant, UTC: books close then or later.';
comment on column weeks.emission_micropoints is 'What the week issues, in micropoints (a millionth of a point).';
comment on column weeks.state is 'ahead, open (the window runs), ended, closed (the books are) or issued.';
comment on column weeks.closed_at is 'When the books closed, UTC, or null.';
comment on column weeks.issued_at is 'When the batch was written, UTC, or null.';
comment on column weeks.commitment is 'SHA-256 commitment to the formula, or null. The formula itself is not in this file.';
comment on column weeks.sealed_at is 'When the formula was sealed, by the real clock, UTC, or null.';
comment on column weeks.sealed_late is 'True where it was sealed after the window had opened.';
comment on column weeks.drawn is 'True where it was drawn from a declared family of formulas, false where written by hand.';
comment on column weeks.revealed_at is 'When the formula was revealed, UTC, or null.';
