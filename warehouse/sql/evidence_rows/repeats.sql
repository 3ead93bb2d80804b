-- One row per (piece, sequence) that both owners of the piece opened: when each began it, and how many
-- did. Numbered by when the second of the two began.
create temp table repeats as
with owners as (
    select distinct owner, owner_id from traders where owner_id in (select owner_id from sides)
)
select
    c.piece,
    c.owner_a,
    c.owner_b,
    row_number() over (
        partition by c.piece
        order by greatest(x.began_us, y.began_us), least(x.began_us, y.began_us), x.sequence
    ) as number,
    x.began_us as began_a_us,
    y.began_us as began_b_us,
    x.holders
from couples c
join pieces p on p.piece = c.piece and p.signal = 'replay'
join owners a on a.owner_id = c.owner_a
join owners b on b.owner_id = c.owner_b
join sequences x on x.owner = a.owner
join sequences y on y.owner = b.owner and y.sequence = x.sequence and y.market = x.market
