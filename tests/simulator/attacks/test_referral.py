"""A6 invites itself: by the device at first, at last among real followers and on two floors."""

import polars as pl
import pytest

from simulator.season import DAY


@pytest.fixture(scope="module")
def brought(rows, world) -> pl.DataFrame:
    """The first referral of everybody, with who both are."""
    firsts = rows["referrals"].sort("ts").unique("referee_id", keep="first", maintain_order=True)
    who = world.people.select("account_id", "pattern", "level", "group_id", "seat", "farm")
    return firsts.join(who, left_on="referee_id", right_on="account_id").join(
        who, left_on="referrer_id", right_on="account_id", suffix="_by"
    )


def test_all_the_invited_are_bound_within_their_farm(of, brought) -> None:
    invited = of("A6").filter(pl.col("seat") > 0)
    bound = brought.filter((pl.col("pattern") == "A6") & (pl.col("seat") > 0))
    assert len(bound) == len(invited)
    assert (bound["group_id"] == bound["group_id_by"]).all()


def test_there_is_one_parent_until_the_last_level_has_two_floors(brought) -> None:
    bound = brought.filter((pl.col("pattern") == "A6") & (pl.col("seat") > 0))
    assert set(bound.filter(pl.col("level") < 3)["seat_by"]) == {0}
    deep = bound.filter(pl.col("level") == 3)
    assert deep["seat_by"].max() > 0
    assert (deep["seat_by"] < deep["seat"]).all()


def test_a_real_audience_follows_the_harder_parents(brought) -> None:
    audience = brought.filter((pl.col("pattern_by") == "A6") & ~pl.col("farm"))
    assert set(audience["level_by"]) == {2, 3}
    assert len(audience) > 10


def test_six_share_a_device_and_a_sink_only_at_first(of, logins, sinks) -> None:
    shown = logins(of("A6", 1))
    assert (shown["devices"] <= shown["accounts"] / 2).all()
    assert sinks(of("A6", 1))["accounts"].max() > 2
    assert sinks(of("A6", 2))["accounts"].max() == 2
    assert sinks(of("A6", 3))["accounts"].max() == 1


def test_a_slow_drip_takes_longer_and_varies_its_sums(of) -> None:
    def spans(level: int) -> tuple[int, float]:
        invited = of("A6", level).filter(pl.col("seat") > 0)
        groups = invited.group_by("group_id").agg(
            (pl.col("starts").max() - pl.col("starts").min()).alias("span"),
            (pl.col("capital").max() / pl.col("capital").min()).alias("spread"),
        )
        return groups["span"].max(), groups["spread"].max()

    assert spans(1)[0] <= 8 * DAY
    assert spans(3)[1] > 1.5 > spans(1)[1] - 0.2
