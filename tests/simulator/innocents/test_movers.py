"""One honest person, two accounts: the old one ends before the new one begins."""

import polars as pl


def test_both_accounts_are_one_honest_persons(cohorts) -> None:
    members = cohorts.members("migrated_account")
    pairs = members.group_by("group").agg(
        pl.len(), pl.col("operator_id", "ip", "funder", "country").n_unique()
    )
    assert (pairs.drop("group", "len").max_horizontal() == 1).all()
    assert set(pairs["len"]) == {2}
    assert not members["farm"].any()
    assert members["owner_id"].null_count() == len(members)


def test_the_old_account_is_over_when_the_new_one_begins(cohorts) -> None:
    for kind, column in (("logins", "account_id"), ("fills", "taker_id")):
        seen = cohorts.rows(kind, "migrated_account", column)
        ends = seen.group_by("group", "seat").agg(
            pl.col("ts").min().alias("first"), pl.col("ts").max().alias("last")
        )
        old, new = (ends.filter(pl.col("seat") == seat) for seat in (0, 1))
        both = old.join(new, on="group", suffix="_new")
        assert len(both)
        # A position that was open is closed for them a while later.
        apart = both["last"] < both["first_new"]
        assert apart.all() if kind == "logins" else apart.mean() > 0.5


def test_what_was_left_is_moved_once(cohorts) -> None:
    moved = cohorts.rows("transfers", "migrated_account", "source").filter(kind="internal")
    assert set(moved["seat"]) == {0}
    assert len(moved) == moved["group"].n_unique() > len(cohorts.members("migrated_account")) // 4
