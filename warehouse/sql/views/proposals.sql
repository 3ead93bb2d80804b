-- One row per proposal to give or take points by hand, and how it ended.
-- What is asked back of a week whose formula is hidden waits for the reveal: with what was taken it
-- could say that all of somebody's own was. The digest stays behind: it is of those lines, too.
create table proposals as
with asked as (
    select
        proposal, count(*) as owners,
        coalesce(sum(micropoints) filter (where micropoints > 0), 0)::bigint as to_give,
        -coalesce(sum(micropoints) filter (where micropoints < 0), 0)::bigint as to_take
    from house.proposal_lines
    group by proposal
)
select
    p.proposal, p.kind, p.season, p.week, p.name,
    nullif(p.content ->> 'sort', '') as sort,
    p.content ->> 'budget' as budget,
    p.content ->> 'reason' as reason,
    coalesce(a.owners, 0) as owners,
    coalesce(a.to_give, 0) as to_give_micropoints,
    case when p.week = 0 or r.revealed_at is not null then coalesce(a.to_take, 0) end
        as to_take_micropoints,
    p.proposed_by, p.proposed_at,
    coalesce(e.outcome, 'pending') as state,
    e.ended_by, e.ended_at, e.batch_id
from house.proposals as p
left join asked as a using (proposal)
left join house.proposal_ends as e using (proposal)
left join house.reveals as r using (season, week)
order by p.proposal;

comment on table proposals is 'One row per proposal to give or take points by hand. Promise: an approved one was approved by somebody else than its proposer.';
comment on column proposals.proposal is 'Its number, from 1.';
comment on column proposals.kind is 'adjust (a closed week) or drop (the season as a whole).';
comment on column proposals.season is 'Number of the season.';
comment on column proposals.week is 'Week of origin, or 0 for the season as a whole.';
comment on column proposals.name is 'Its name; the key of its batch.';
comment on column proposals.sort is 'Of a drop: legacy, bonus or compensation; null for an adjustment.';
comment on column proposals.budget is 'The budget that gives and takes back (budgets).';
comment on column proposals.reason is 'As the proposer wrote it.';
comment on column proposals.owners is 'Number of owners on its lines.';
comment on column proposals.to_give_micropoints is 'What it asks to give.';
comment on column proposals.to_take_micropoints is 'What it asks to take back; what is no longer there is in owed. Null until the week''s formula is revealed.';
comment on column proposals.proposed_by is 'The first person.';
comment on column proposals.proposed_at is 'When, UTC.';
comment on column proposals.state is 'pending, approved or withdrawn.';
comment on column proposals.ended_by is 'The second person, or who withdrew it; null while it is pending.';
comment on column proposals.ended_at is 'When, UTC, or null.';
comment on column proposals.batch_id is 'The batch of an approved one (batches), else null.';
