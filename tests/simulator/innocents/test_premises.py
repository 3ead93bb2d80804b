"""Offices, student halls and internet cafés: many under one roof."""

import polars as pl


def test_an_office_has_one_to_three_addresses_and_each_a_device_and_a_home(cohorts) -> None:
    members = cohorts.members("office")
    used = members.group_by("group").agg(pl.col("ip").n_unique())
    assert used["ip"].is_between(1, 3).all()
    for name in ("device", "other_ip", "sink"):
        assert members[name].n_unique() == len(members)
    crowd = cohorts.rows("logins", "office").group_by("ip").agg(pl.col("account_id").n_unique())
    assert crowd["account_id"].max() >= 5


def test_colleagues_are_there_in_the_same_hours(cohorts) -> None:
    members = cohorts.members("office")
    first = members.filter(pl.col("seat") == 0).select("group", noon="hour")
    apart = members.join(first, on="group").select((pl.col("hour") - pl.col("noon")) % 24)
    assert apart.to_series().is_in([*range(7), *range(18, 24)]).all()


def test_students_sign_up_one_after_the_other_many_by_a_neighbour(cohorts) -> None:
    members = cohorts.members("dorm")
    waits = members.select(pl.col("opened").diff().over("group")).to_series().drop_nulls()
    assert (waits >= 0).all()
    invited = members.filter(pl.col("referrer").is_not_null())
    assert 0.2 < len(invited) / len(members) < 0.6
    assert (invited["referrer"] < invited["seat"]).all()
    addresses = members.group_by("group").agg(pl.col("ip").n_unique())
    assert addresses["ip"].is_between(1, 3).all()
    assert members["device"].n_unique() == len(members)


def test_a_cafe_has_few_machines_with_many_guests_who_share_nothing_else(cohorts) -> None:
    logins = cohorts.rows("logins", "internet_cafe")
    machines = logins.group_by("device_id").agg(pl.col("account_id").n_unique())
    assert machines["account_id"].max() >= 3
    members = cohorts.members("internet_cafe")
    kiosks = members.group_by("group").agg(pl.col("other_device").n_unique())
    assert (kiosks["other_device"] <= 8).all()
    assert members["sink"].n_unique() == len(members)
    here = members.filter(pl.col("ip") == pl.col("other_ip"))
    assert 0.2 < len(here) / len(members) < 0.75
