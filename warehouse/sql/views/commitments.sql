-- One row per sealed formula: where the log fixed it, and where its reveal.
create table commitments as
select
    c.season, c.week, c.commitment, c.sealed_at, c.late, c.drawn, c.leaf_index,
    r.revealed_at, r.leaf_index as reveal_leaf_index
from house.commitments as c
left join house.reveals as r using (season, week)
order by c.season, c.week;

comment on table commitments is 'One row per sealed formula. Promise: the log had it from sealed_at on, and the formula in published/reveals/ is the one committed to.';
comment on column commitments.season is 'Number of the season.';
comment on column commitments.week is 'Number of the week.';
comment on column commitments.commitment is 'SHA-256 of "winnow-formula/v1", a zero byte, salt and canonical formula; the reveal gives salt and formula.';
comment on column commitments.sealed_at is 'When it was sealed, by the real clock, UTC.';
comment on column commitments.late is 'True where it was sealed after the window had opened.';
comment on column commitments.drawn is 'True where it was drawn from a declared family of formulas.';
comment on column commitments.leaf_index is 'Its leaf in the log.';
comment on column commitments.revealed_at is 'When it was revealed, UTC, or null.';
comment on column commitments.reveal_leaf_index is 'The reveal''s leaf in the log, or null.';
