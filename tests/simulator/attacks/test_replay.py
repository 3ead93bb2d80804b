"""A7 plays one script, each account some days behind; a member shares nothing else."""

import polars as pl
import pytest

from simulator.season import HOUR, MINUTE


@pytest.fixture(scope="module")
def steps(of, world):
    """First legs of each member at the time of the script: when its offset is taken away."""

    def played(level: int) -> pl.DataFrame:
        members = of("A7", level).select("account_id", "group_id", "offset")
        fills = world.rows["fills"].join(members, left_on="taker_id", right_on="account_id")
        return fills.with_columns((pl.col("ts") - pl.col("offset")).alias("at"))

    return played


def matched(steps: pl.DataFrame, within: int, *, shifted: bool) -> float:
    """Part of the fills with one of another member, same market and side, at about that time."""
    at = pl.col("at") if shifted else pl.col("ts")
    bucket = (at // within).alias("bucket")
    fills = steps.select("group_id", "taker_id", "market", "taker_side", bucket).unique()
    keys = ["group_id", "market", "taker_side", "bucket"]
    counts = fills.group_by(keys).agg(pl.col("taker_id").n_unique().alias("members"))
    return (fills.join(counts, on=keys)["members"] > 1).mean()


def test_without_their_offsets_the_accounts_trade_the_same(steps) -> None:
    easy = steps(1)
    assert matched(easy, 2 * HOUR, shifted=True) > 0.7
    assert matched(easy, 2 * HOUR, shifted=True) > 2 * matched(easy, 2 * HOUR, shifted=False)


def test_every_account_has_an_offset_of_whole_days_or_of_hours_of_its_own(of) -> None:
    for level, hours in ((1, 1), (2, 1), (3, 5)):
        members = of("A7", level)
        assert members["offset"].n_unique() > 3
        assert ((members["offset"] // HOUR) % 24).n_unique() >= hours
        assert hours > 1 or (members["offset"] % (24 * HOUR) == 0).all()


def test_steps_change_places_and_others_come_between(steps) -> None:
    order = matched(steps(1), 40 * MINUTE, shifted=True)
    shuffled = matched(steps(2), 40 * MINUTE, shifted=True)
    persona = matched(steps(3), 40 * MINUTE, shifted=True)
    assert order > 1.3 * shuffled
    assert shuffled > persona


def test_the_persona_has_sizes_of_its_own(of) -> None:
    spread = (pl.col("size").max() / pl.col("size").min()).alias("spread")
    by_level = [of("A7", level).group_by("group_id").agg(spread)["spread"] for level in (2, 3)]
    assert by_level[0].max() < 1.4
    assert by_level[1].max() > 2


def test_nothing_else_is_shared(of, logins, sinks) -> None:
    shown = logins(of("A7"))
    assert (shown["devices"] >= shown["accounts"]).all()
    assert (sinks(of("A7"))["accounts"] == 1).all()
