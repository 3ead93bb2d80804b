-- One row per staged login, with the HMACs of its address, network and device beside it. A login
-- whose address cannot be read as one is broken.
create table pseudonymous as
select stage.* exclude (broken),
       case when stage.broken is not null then stage.broken
            when stage.ip is not null and addresses.ip_hmac is null then $no_address end as broken,
       addresses.ip_hmac,
       addresses.network_hmac,
       devices.device_hmac
from stage
left join addresses on addresses.value = stage.ip
left join devices on devices.value = stage.device_id
