-- One row per case, with its state as of this edition.
create table cases as
with membership as (
    select case_id, count(distinct account_id) as accounts, count(distinct owner_id) as owners
    from house.case_members
    group by case_id
)
select
    case_id, cluster_id, root, follows, state, score, opened_at, opened_by,
    coalesce(routes, []) as routes,
    coalesce(accounts, 0) as accounts, coalesce(owners, 0) as owners
from house.cases
left join membership using (case_id)
order by opened_at, case_id;

comment on table cases is 'One row per case. A case is a question to a moderator; only its moves say what was decided.';
comment on column cases.case_id is 'Name of the case.';
comment on column cases.cluster_id is 'The cluster that it was opened for.';
comment on column cases.root is 'First case of its chain: cases of one chain are about one group over time.';
comment on column cases.follows is 'The case before it in the chain, or null. A decided case gains nothing; what comes up later is a case that follows it.';
comment on column cases.state is 'State after its last move: open or under_review (not decided); confirmed, partly, noticed, appealed, upheld or rejected (decided, not final); dismissed or final.';
comment on column cases.score is 'Score of the cluster when the detection last moved the case; no probability.';
comment on column cases.opened_at is 'When, UTC.';
comment on column cases.opened_by is 'The detection run that opened it, or the person.';
comment on column cases.routes is 'How it came: graph (by evidence alone), model (by the ruling model), novelty (a person opened it from a lead), by_hand (from a cluster); empty in cases from before routes.';
comment on column cases.accounts is 'Number of accounts in it.';
comment on column cases.owners is 'Number of owners in it.';
