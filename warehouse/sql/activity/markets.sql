-- One row per market of the window: its place in a bitmap of sixty markets a block, the busiest
-- first so that most accounts need one block, and the name to keep it apart by, or '' where no
-- formula tells it from the others.
with counts as (
    select market, count(*) as fills
    from fills
    where ts >= $start and ts < $end
    group by market
),

numbered as (
    select market, row_number() over (order by fills desc, market) - 1 as number
    from counts
)

select
    market,
    case when list_contains($kept, market) then market else '' end as kept,
    number // 60 as block,
    cast(1 as bigint) << cast(number % 60 as integer) as bit
from numbered
