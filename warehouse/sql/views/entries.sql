-- One row per ledger entry; of weeks whose formula is still hidden, one row per batch and account.
-- What is held for a referee's sake is the referee's part of the referral pool, and no number of a
-- pool may be read before the reveal. So until then subjects stay out, and the owners whom it
-- concerns have own and held points put together under the account undivided:<id>.
create table entries as
with lines as (
    select
        e.batch_id, b.season, b.week, b.leaf_index, e.line, e.account, e.micropoints, e.reason,
        e.subject,
        r.revealed_at is not null as revealed,
        case
            when starts_with(e.account, 'owner:') or starts_with(e.account, 'held:')
                then substr(e.account, strpos(e.account, ':') + 1)
        end as owner_id
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
        case when p.owner_id is null then l.reason else 'undivided' end as reason
    from lines as l
    left join paid_by_referees as p using (season, week, owner_id)
    where not l.revealed
),
put_together as (
    select
        batch_id, season, week, leaf_index, min(line) as line, account, owner_id,
        sum(micropoints)::bigint as micropoints, reason, null::varchar as subject
    from hidden
    group by batch_id, season, week, leaf_index, account, owner_id, reason
    having sum(micropoints) <> 0
),
plain as (
    select
        batch_id, season, week, leaf_index, line, account, owner_id, micropoints, reason, subject
    from lines
    where revealed
)
select batch_id, season, week, line, account, owner_id, micropoints, reason, subject
from (select * from plain union all by name select * from put_together)
order by leaf_index, line;

comment on table entries is 'One row per ledger entry. Promise: the entries of a batch add up to zero. Until the week''s formula is revealed, subjects are left out, the lines of one account are put together, and where a part is held for a referee''s sake the owner''s own and held points stand together as undivided:<id>: the split would tell a number of the referral pool.';
comment on column entries.batch_id is 'The batch that it belongs to.';
comment on column entries.season is 'Season of the batch.';
comment on column entries.week is 'Week of the batch: the origin of the points.';
comment on column entries.line is 'Place in the batch; of lines that were put together, the first.';
comment on column entries.account is 'emission:S1W05 (the source), owner:<id>, held:<id>, undivided:<id>, escrow, reserve or budget:<drop>.';
comment on column entries.owner_id is 'The owner in owner:, held: and undivided: accounts, else null.';
comment on column entries.micropoints is 'Into the account where positive; a millionth of a point.';
comment on column entries.reason is 'Reason code.';
comment on column entries.subject is 'The owner whose cases decide what becomes of a held entry; null elsewhere, and until the reveal.';
