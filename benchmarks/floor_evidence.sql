-- One row: a checksum over every column that a detection needs, read once and not joined, grouped or
-- compared with anything. It is the floor of the detection, because whoever looks for evidence has to
-- have looked at the events.
select
    (
        select bit_xor(hash(account_id, ts, ip_hmac, device_hmac))
        from read_parquet($logins, hive_partitioning = false)
    ) as logins,
    (
        select bit_xor(hash(source, destination, ts, amount_usd))
        from read_parquet($transfers, hive_partitioning = false)
    ) as transfers,
    (
        select bit_xor(hash(maker_id, taker_id, market, taker_side, ts, notional_usd, quantity, busts))
        from read_parquet($fills, hive_partitioning = false)
    ) as fills,
    (
        select bit_xor(hash(account_id, owner_id, opened_at, changed_at, kind, country))
        from read_parquet($accounts, hive_partitioning = false)
    ) as accounts,
    (
        select bit_xor(hash(referrer_id, referee_id, ts))
        from read_parquet($referrals, hive_partitioning = false)
    ) as referrals
