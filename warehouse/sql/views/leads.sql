-- One row per lead: a cluster or an owner that is strange and came before nobody.
create table leads as
with standing as (
    select
        lead_id,
        max_by(state, seq) as state,
        max_by(moved_by, seq) as moved_by,
        max(moved_at) as moved_at,
        max_by(reason, seq) as reason,
        max(case_id) as case_id
    from house.lead_moves
    group by lead_id
)
select
    lead_id, state, kind, subject, owners, strangeness, said, run_id, moved_by, moved_at, reason,
    case_id
from house.leads
join standing using (lead_id)
order by lead_id;

comment on table leads is 'One row per lead: a cluster, or an owner outside of clusters, that is strange and came before nobody. It holds nobody''s points.';
comment on column leads.lead_id is 'Name of the lead.';
comment on column leads.state is 'waiting, dismissed (put aside) or opened (a case was opened from it).';
comment on column leads.kind is 'cluster or owner.';
comment on column leads.subject is 'The cluster or the owner.';
comment on column leads.owners is 'Owners that it is about.';
comment on column leads.strangeness is 'How easily it is set apart from others of its kind, 0 to 1; no probability.';
comment on column leads.said is 'What makes it strange, in words.';
comment on column leads.run_id is 'The detection that found it.';
comment on column leads.moved_by is 'Who made its last move.';
comment on column leads.moved_at is 'When, UTC.';
comment on column leads.reason is 'Why, as given.';
comment on column leads.case_id is 'The case that was opened from it, or null.';
