"""One season for the tests of all attacks, and ways to look at what a farm left in it."""

from collections.abc import Callable

import polars as pl
import pytest

from simulator.season import SeasonPlan

PLAN = SeasonPlan(11, accounts=6_000, weeks=3)

Members = Callable[..., pl.DataFrame]


@pytest.fixture(scope="session")
def world(play):
    return play(PLAN)


@pytest.fixture(scope="session")
def rows(world) -> dict[str, pl.DataFrame]:
    return world.rows


@pytest.fixture(scope="session")
def of(world) -> Members:
    """Members of a pattern, of some of its levels or of all."""

    def members(pattern: str, *levels: int) -> pl.DataFrame:
        chosen = world.people.filter(pl.col("pattern") == pattern).sort("group", "seat")
        chosen = chosen.filter(pl.col("level").is_in(levels)) if levels else chosen
        assert len(chosen)
        return chosen

    return members


@pytest.fixture(scope="session")
def seen(rows) -> Members:
    """Rows of a kind that concern members, with the group and the level of each."""

    def events(kind: str, members: pl.DataFrame, name: str = "account_id") -> pl.DataFrame:
        groups = members.select("account_id", "group_id", "level", "seat")
        return rows[kind].join(groups, left_on=name, right_on="account_id", maintain_order="left")

    return events


@pytest.fixture(scope="session")
def logins(seen) -> Members:
    """How many accounts, devices and addresses each group of members shows."""

    def counted(members: pl.DataFrame) -> pl.DataFrame:
        return (
            seen("logins", members)
            .group_by("group_id", "level")
            .agg(
                pl.col("account_id").n_unique().alias("accounts"),
                pl.col("device_id").n_unique().alias("devices"),
                pl.col("ip").n_unique().alias("addresses"),
                pl.col("ip").str.replace(r"\.\d+$", "").n_unique().alias("blocks"),
            )
        )

    return counted


@pytest.fixture(scope="session")
def sinks(seen) -> Members:
    """How many accounts of a group withdraw to each destination."""

    def counted(members: pl.DataFrame) -> pl.DataFrame:
        withdrawals = seen("transfers", members, "source").filter(kind="withdrawal")
        return withdrawals.group_by("group_id", "level", "destination").agg(
            pl.col("source").n_unique().alias("accounts")
        )

    return counted
