"""A3's wallets have a common origin, further away from level to level."""

import polars as pl
import pytest

from simulator.season import DAY, HOUR


@pytest.fixture(scope="module")
def filled(of, rows):
    """What filled the wallets of a level: one row a transfer, with the wallet's group."""

    def transfers(level: int) -> pl.DataFrame:
        wallets = of("A3", level).select("funder", "group_id", "seat", "starts")
        onchain = rows["transfers"].filter(kind="onchain")
        return onchain.join(wallets, left_on="destination", right_on="funder")

    return transfers


def sources(frame: pl.DataFrame, rows) -> pl.DataFrame:
    """What filled the sources of `frame`, with the group of each."""
    nodes = frame.select("source", "group_id", reached="ts").unique("source", maintain_order=True)
    onchain = rows["transfers"].filter(kind="onchain")
    return onchain.join(nodes, left_on="destination", right_on="source")


def origins(frame: pl.DataFrame) -> pl.Series:
    return frame.group_by("group_id").agg(pl.col("source").n_unique())["source"]


def test_a_star_fills_all_from_one_wallet_with_nearly_equal_sums_within_hours(filled) -> None:
    star = filled(1)
    assert (origins(star) == 1).all()
    for _, group in star.group_by("group_id"):
        assert group["amount_usd"].n_unique() == 1
        assert group["ts"].max() - group["ts"].min() < 6 * HOUR


def test_a_chain_leads_from_each_wallet_to_the_next_and_dwindles(of, filled) -> None:
    chain = of("A3", 2).with_columns(before=pl.col("funder").shift(1).over("group_id"))
    wanted = set(chain.drop_nulls("before").select("before", "funder").iter_rows())
    links = filled(2)
    assert wanted
    assert wanted <= set(links.select("source", "destination").iter_rows())
    for _, group in links.sort("seat").group_by("group_id"):
        assert (group["amount_usd"].diff().drop_nulls() < 0).all()


def test_a_tree_has_branches_of_four_from_one_root(filled, rows) -> None:
    leaves = filled(3)
    branches = leaves.group_by("group_id", "source").len()["len"]
    assert branches.max() <= 4
    assert (origins(sources(leaves, rows)) == 1).all()


def test_a_diamond_brings_two_halves_of_one_origin(filled, rows) -> None:
    halves = filled(4)
    assert (halves.group_by("destination").agg(pl.col("source").n_unique())["source"] == 2).all()
    assert (origins(halves) == 2).all()
    assert (origins(sources(halves, rows)) == 1).all()


def test_a_contract_fills_all_at_one_instant_and_the_sinks_flow_together(of, filled, rows) -> None:
    dispersed = filled(5)
    assert dispersed["source"].n_unique() == 1
    assert (dispersed.group_by("group_id").agg(pl.col("ts").n_unique())["ts"] == 1).all()
    after = rows["transfers"].join(of("A3", 5), left_on="source", right_on="sink")
    assert (
        after.group_by("group_id").agg(pl.col("destination").n_unique())["destination"] == 1
    ).all()


def test_strangers_are_paid_by_the_same_contract(world, filled, rows) -> None:
    contract = filled(5)["source"][0]
    paid = rows["transfers"].filter(source=contract)["destination"]
    honest = set(world.people.filter(~pl.col("farm"))["funder"])
    assert len(honest & set(paid)) > 10


def test_far_ones_have_two_wallets_of_their_own_between_and_days(filled, rows) -> None:
    last = filled(6)
    assert not last["source"].is_duplicated().any()
    before = sources(last, rows)
    assert not before["source"].is_duplicated().any()
    assert (before["reached"] - before["ts"] > DAY // 2).all()
    assert (origins(sources(before, rows)) == 1).all()


def test_an_exchange_in_between_leaves_only_its_hot_wallets(world, filled) -> None:
    assert set(filled(7)["source"]) <= set(world.exchange.site.hot_wallets)


def test_sums_differ_by_a_tenth_in_the_harder_shapes(of) -> None:
    for _, group in of("A3", 4, 5, 6, 7).group_by("group_id"):
        if len(group) > 2:
            assert group["capital"].n_unique() > 1
        assert group["capital"].max() <= 1.3 * group["capital"].min()


def test_nothing_is_shared_at_the_exchange(of, seen, sinks) -> None:
    devices = seen("logins", of("A3")).group_by("device_id").agg(pl.col("account_id").n_unique())
    assert (devices["account_id"] == 1).all()
    assert (sinks(of("A3"))["accounts"] == 1).all()
