-- One row per reason, with the number of rows quarantined for it.
select reason, count(*) as "rows" from rejects group by reason order by "rows" desc, reason
