-- One row per login. Addresses and devices are pseudonyms, so equal ones can be joined and none
-- can be read: the key of the HMACs never leaves the operator.
create view logins as
select login_id, ts, account_id, ip_hmac, network_hmac, device_hmac
from $registered;

comment on view logins is 'One row per login. Addresses and devices are pseudonyms (HMACs under the home''s secret key): equal values can be joined, none can be read back. User agents are not published.';
comment on column logins.login_id is 'Unique id of the feed.';
comment on column logins.ts is 'When it happened, UTC.';
comment on column logins.account_id is 'Who logged in.';
comment on column logins.ip_hmac is 'Pseudonym of the IP address, or null.';
comment on column logins.network_hmac is 'Pseudonym of its /24 (IPv4) or /48 (IPv6) network, or null.';
comment on column logins.device_hmac is 'Pseudonym of the device id, or null.';
