-- One row per owner of a decided case: what the decision, or an appeal that was upheld since, says of
-- them, as of a number of moves over all cases. A withdrawal undoes everything said before it.
with known as (
    select case_id, seq, move from case_moves where number <= coalesce($moves, 9223372036854775807)
),
standing as (
    select
        case_id,
        coalesce(max(seq) filter (where move = 'withdraw'), 0) as withdrawn,
        max(seq) filter (where move in ('confirm', 'partly')) as decision
    from known
    group by case_id
)
select
    v.case_id,
    s.decision,
    v.owner_id,
    max(v.verdict) as verdict,
    min(v.keep_bps) as keep_bps,
    min(v.rule) as rule
from case_verdicts v
join known k on k.case_id = v.case_id and k.seq = v.seq
join standing s on s.case_id = v.case_id
where k.move in ('confirm', 'partly', 'uphold', 'acknowledge') and v.seq > s.withdrawn
group by v.case_id, s.decision, v.owner_id, v.seq
qualify row_number() over (partition by v.case_id, v.owner_id order by v.seq desc) = 1
order by v.case_id, v.owner_id
