-- One row per ledger entry; of weeks whose formula is still hidden, one row per batch and account.
-- What is held for a referee's sake is the referee's part of the referral pool, and no number of a
-- pool may be read before the reveal. So until then subjects stay out, and the owners whom it
-- concerns have own, held and escrowed points put together under the account undivided:<id>: what a
-- decision takes from their share, or gives back, moves within it and is not seen. A settlement
-- moves it out, and nothing can hide that, since public standings fall and rise by it.
-- Week 0 is the season as a whole: it has no formula, so nothing of it is hidden.
create table entries as
with lines as (
    select
        e.batch_id, b.season, b.week, b.leaf_index, e.line, e.account, e.micropoints, e.reason,
        e.subject,
        b.week = 0 or r.revealed_at is not null as revealed,
        case
            when starts_with(e.account, 'escrow:')
                then substr(e.account, strpos(e.account, '/') + 1)
            when starts_with(e.account, 'owner:') or starts_with(e.account, 'held:')
                then substr(e.account, strpos(e.account, ':') + 1)
        end as owner_id,
        case
            when starts_with(e.account, 'escrow:')
                then substr(e.account, 8, strpos(e.account, '/') - 8)
        end as case_id
    from house.entries as e
    join house.batches as b using (batch_id)
    left join house.reveals as r using (season, week)
),
paid_by_referees as (
    select distinct season, week, owner_id
    from lines
    where not revealed and owner_id is not null and subject <> owner_id
),
hidden as (
    select
        l.batch_id, l.season, l.week, l.leaf_index, l.line, l.owner_id, l.micropoints,
        case when p.owner_id is null then l.account else 'undivided:' || l.owner_id end as account,
        case when p.owner_id is null then l.case_id end as case_id,
        case when p.owner_id is null then l.reason else 'undivided' end as reason
    from lines as l
    left join paid_by_referees as p using (season, week, owner_id)
    where not l.revealed
),
put_together as (
    select
        batch_id, season, week, leaf_index, min(line) as line, account, owner_id, case_id,
        sum(micropoints)::bigint as micropoints, reason, null::varchar as subject
    from hidden
    group by batch_id, season, week, leaf_index, account, owner_id, case_id, reason
    having sum(micropoints) <> 0
),
plain as (
    select
        batch_id, season, week, leaf_index, line, account, owner_id, case_id, micropoints, reason,
        subject
    from lines
    where revealed
)
select batch_id, season, week, line, account, owner_id, case_id, micropoints, reason, subject
from (select * from plain union all by name select * from put_together)
order by leaf_index, line;

comment on table entries is 'One row per ledger entry. Promise: the entries of a batch add up to zero. Until the week''s formula is revealed, subjects are left out, the lines of one account are put together, rows that cancel are left out, and where a part is held for a referee''s sake the owner''s own, held and escrowed points stand together as undivided:<id>: the split would tell a number of the referral pool. So before a reveal no decision, release or restoration shows in it. What still shows: once a case is settled, what it took for good leaves undivided:<id>, and what is spread comes in proportion to own points; from either a number of the referral pool can be computed, here and from public standings. A season that wants to keep that to itself reveals a week before its cases are settled. An adjustment shows as what it moved; what it could not take waits for the reveal (see owed).';
comment on column entries.batch_id is 'The batch that it belongs to.';
comment on column entries.season is 'Season of the batch.';
comment on column entries.week is 'Week of the batch: the origin of the points; 0 for the season as a whole.';
comment on column entries.line is 'Place in the batch; of lines that were put together, the first.';
comment on column entries.account is 'emission:S1W05 (the source), owner:<id>, held:<id>, escrow:<case>/<id>, undivided:<id>, reserve or budget:<name>.';
comment on column entries.owner_id is 'The owner in owner:, held:, escrow: and undivided: accounts, else null. Of what is in escrow, the one from whom it was taken.';
comment on column entries.case_id is 'The case in escrow: accounts, else null.';
comment on column entries.micropoints is 'Into the account where positive; a millionth of a point.';
comment on column entries.reason is 'Reason code: issued, held_case_of_owner, held_case_of_referee, released, seized, reached_back, restored, redistributed, adjusted, taken_back, drop_legacy, drop_bonus or drop_compensation; undivided in undivided: accounts.';
comment on column entries.subject is 'The owner whose cases decide what becomes of a held entry, kept while it lies in escrow; null elsewhere, and until the reveal.';
