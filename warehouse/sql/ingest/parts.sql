-- One row per file to be written: a UTC day, and whether its rows are late (before the end of the
-- latest closed week); late rows lie apart, so that it is plain which a close can never contain.
select day, late, count(*) as "rows", min(moment) as first_ts, max(moment) as last_ts,
       count(bust) as busts, coalesce(sum(cuts), 0)::bigint as digits_cut
from parts
group by day, late
order by day, late
