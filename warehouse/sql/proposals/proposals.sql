-- One row per proposal that was asked for, oldest first: what was proposed, by whom, and how it
-- ended. A parameter that is null asks for any.
select
    proposals.proposal,
    proposals.kind,
    proposals.season,
    proposals.week,
    proposals.name,
    proposals.content,
    proposals.content_sha256,
    proposals.proposed_by,
    proposals.proposed_at,
    proposal_ends.outcome,
    proposal_ends.ended_by,
    proposal_ends.ended_at,
    proposal_ends.batch_id
from proposals
left join proposal_ends on proposals.proposal = proposal_ends.proposal
where ($kind is null or proposals.kind = $kind)
    and ($season is null or proposals.season = $season)
    and ($name is null or proposals.name = $name)
    and ($batch_id is null or proposal_ends.batch_id = $batch_id)
order by proposals.proposal
