"""Families and couples: one home, money to and fro, and lives of their own."""

import polars as pl


def test_a_family_shares_its_address_and_some_a_tablet_and_a_purse(cohorts) -> None:
    members = cohorts.members("household")
    groups = members.group_by("group").agg(
        pl.col("ip", "sink").n_unique(), pl.col("other_device").drop_nulls(), pl.len()
    )
    assert (groups["ip"] == 1).all()
    purses = (groups["sink"] == 1).sum()
    assert 0 < purses < len(groups) // 2
    tablets = groups.filter(
        (pl.col("other_device").list.n_unique() == 1) & (pl.col("other_device").list.len() > 1)
    )
    assert 0 < len(tablets) < len(groups)
    logins = cohorts.rows("logins", "household")
    homes = logins.group_by("group", "ip").agg(pl.col("account_id").n_unique())
    assert homes.filter(pl.col("account_id") > 1)["group"].n_unique() > len(groups) // 2


def test_each_of_a_family_is_a_person_with_a_device_and_hours_of_their_own(cohorts) -> None:
    members = cohorts.members("household")
    assert members["device"].n_unique() == len(members)
    assert (members["operator_id"] == members["account_id"]).all()
    hours = members.group_by("group").agg(pl.col("hour").n_unique(), pl.len())
    assert hours["hour"].mean() > 1.5


def test_who_invited_a_family_was_there_first(cohorts) -> None:
    members = cohorts.members("household")
    first = members.filter(pl.col("seat") == 0).select("group", before="opened")
    invited = members.filter(pl.col("referrer").is_not_null()).join(first, on="group")
    assert 0 < len(invited) < len(members) // 2
    assert (invited["before"] < invited["opened"]).all()


def test_couples_fund_each_other_in_sums_that_never_repeat(cohorts) -> None:
    sent = cohorts.rows("transfers", "couple", "source").filter(kind="internal")
    own = set(cohorts.members("couple")["account_id"])
    assert set(sent["destination"]) <= own
    both = sent.group_by("group").agg(pl.col("source", "amount_usd").n_unique(), pl.len())
    assert (both["source"] == 2).mean() > 0.8
    assert (both["amount_usd"] == both["len"]).all()


def test_half_of_the_couples_live_together(cohorts) -> None:
    homes = cohorts.members("couple").group_by("group").agg(pl.col("ip").n_unique())
    assert 0 < (homes["ip"] == 1).sum() < len(homes)
