-- One row per pair of owners with at least two sequences in common (the table sequences).
create temp table shared_sequences as
select x.owner as a, y.owner as b, count(*) as shared
from sequences x
join sequences y on y.sequence = x.sequence and y.market = x.market
where x.owner < y.owner and x.holders >= 2 and y.holders >= 2
group by x.owner, y.owner
having count(*) >= 2
