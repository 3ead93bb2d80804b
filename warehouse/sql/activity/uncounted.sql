-- One row per fill that was part of a round trip.
select distinct fill_id from round_trips
