-- Does every issued week add up to its emission, and how much of it is held?
select
    label, emission_micropoints, issued_micropoints, owners,
    held_micropoints
from week_totals
join weeks using (season, week)
where state = 'issued'
order by season, week;
