-- One row per step of a model: who let it rule or retired it, when and why.
create table model_moves as
select model_id, seq, state, moved_by, moved_at, reason
from house.model_moves
order by model_id, seq;

comment on table model_moves is 'One row per step of a model.';
comment on column model_moves.model_id is 'Which model.';
comment on column model_moves.seq is 'Number of the step in the model, from 1.';
comment on column model_moves.state is 'State after it.';
comment on column model_moves.moved_by is 'Who.';
comment on column model_moves.moved_at is 'When, UTC.';
comment on column model_moves.reason is 'Why, as given.';
