-- One row per decision and week of origin of which it has taken its part of what was held: there is a
-- seize batch with the decision's key, C-…/seq.
select
    split_part(key, '/', 1) as case_id,
    split_part(key, '/', 2)::integer as decision,
    season,
    week
from batches
where kind = 'seize' and contains(key, '/')
    and leaf_index < coalesce($before_leaf, 9223372036854775807)
order by all
