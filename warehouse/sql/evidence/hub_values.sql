-- One row per value that more owners hold than $cap: cut from the evidence, and told.
select
    $family as family,
    $signal as signal,
    value_hash,
    cast(count(distinct owner_id) as integer) as holders
from seen
where signal = $signal
group by value_hash
having count(distinct owner_id) > $cap
order by value_hash
