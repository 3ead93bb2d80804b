"""Features of a graph small enough to be read."""

import math

import numpy as np
import polars as pl
import pytest

from detection.features import account_features, build_graph, linked_groups

DAY = 86_400


def accounts(*ids: str, first_seen: int = DAY, volume: float = 1_000.0) -> pl.DataFrame:
    """One account an id, started a day after each other."""
    return pl.DataFrame(
        {
            "account_id": ids,
            "first_seen": [first_seen + number * DAY for number in range(len(ids))],
            "volume_usd": [volume] * len(ids),
        }
    )


def transfers(*rows: tuple[str, str, int]) -> pl.DataFrame:
    """Native transfers of one chain: source, destination, count."""
    return pl.DataFrame(
        [(source, destination, "native", "xdai", count) for source, destination, count in rows],
        schema=["source", "destination", "kind", "chain", "count"],
        orient="row",
    )


def of(features: pl.DataFrame, account: str) -> dict[str, float]:
    """The features of one account."""
    return features.filter(pl.col("account_id") == account).row(0, named=True)


# a and b send to each other, b funds c; a and c use the outside address x; d is alone.
CHAIN = transfers(("a", "b", 3), ("b", "a", 1), ("b", "c", 2), ("a", "x", 1), ("c", "x", 4))


def test_accounts_come_first_and_a_transfer_to_oneself_is_no_link() -> None:
    looped = pl.concat([CHAIN, transfers(("a", "a", 9))])
    graph = build_graph(accounts("d", "c", "b", "a"), looped)
    assert graph.account_ids.to_list() == ["a", "b", "c", "d"]
    assert graph.nodes == 5
    assert graph.degrees.tolist() == [2, 2, 2, 0, 2]  # distinct counterparties, both ways
    assert graph.links.diagonal().sum() == 0


def test_own_numbers_count_transfers_and_degrees_count_counterparties() -> None:
    features = account_features(build_graph(accounts("a", "b", "c", "d"), CHAIN), 0)
    a = of(features, "a")
    assert a["own_out_native_xdai"] == pytest.approx(math.log1p(4))
    assert a["own_in_native_xdai"] == pytest.approx(math.log1p(1))
    assert a["degree_all"] == pytest.approx(math.log1p(2))
    assert a["degree_accounts"] == pytest.approx(math.log1p(1))
    assert a["degree_out_native_xdai"] == pytest.approx(math.log1p(2))


def test_neighbours_are_described_and_nobody_has_none() -> None:
    features = account_features(build_graph(accounts("a", "b", "c", "d"), CHAIN), 0)
    b, d = of(features, "b"), of(features, "d")
    # b deals with a (a day earlier) and c (a day later).
    assert b["near_1_days_least"] == pytest.approx(1)
    assert b["near_1_first_seen"] == pytest.approx(-0.5)
    assert math.isnan(d["near_1_first_seen"])
    assert math.isnan(d["near_1_days_least"])
    assert d["near_1_same_day"] == 0


def test_two_accounts_share_an_outside_address() -> None:
    features = account_features(build_graph(accounts("a", "b", "c", "d"), CHAIN), 0)
    a = of(features, "a")
    # a and c share x and b; b is reached through nobody.
    assert a["shared_accounts"] == pytest.approx(math.log1p(1))
    assert a["shared_counterparties"] == pytest.approx(math.log1p(2))
    assert a["shared_most"] == 2


def test_a_hub_links_nobody() -> None:
    ids = [f"a{number:02d}" for number in range(30)]
    star = transfers(*(("a00", other, 1) for other in ids[1:]), ("a01", "a02", 1))
    groups = linked_groups(build_graph(accounts(*ids), star), cap=20)
    assert groups[1] == groups[2]
    assert len(set(groups.tolist())) == 29
    assert len(set(linked_groups(build_graph(accounts(*ids), star), cap=29).tolist())) == 1


def random_graph(seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A graph of 60 accounts and 40 outside addresses."""
    draw = np.random.default_rng(seed)
    ids = [f"a{number:02d}" for number in range(60)]
    names = np.array(ids + [f"x{number:02d}" for number in range(40)])
    ends = draw.choice(names, size=(300, 2))
    rows = [(str(source), str(destination), 1) for source, destination in ends]
    return accounts(*ids), transfers(*dict.fromkeys(rows))


def test_neighbour_means_agree_with_a_loop_over_the_neighbours() -> None:
    known, moved = random_graph(3)
    graph = build_graph(known, moved)
    features = account_features(graph, 0)
    volumes = dict(zip(known["account_id"], known["first_seen"], strict=True))
    centre = sum(volumes.values()) / len(volumes)
    for account in volumes:
        partners = {
            (destination if source == account else source)
            for source, destination in moved.select("source", "destination").iter_rows()
            if account in {source, destination} and source != destination
        } & set(volumes)
        expected = [(volumes[partner] - centre) / DAY for partner in partners]
        got = of(features, account)["near_1_first_seen"]
        assert math.isnan(got) if not expected else got == pytest.approx(np.mean(expected))


def test_the_order_of_the_rows_changes_nothing() -> None:
    known, moved = random_graph(5)
    first = account_features(build_graph(known, moved), 0)
    shuffled = account_features(
        build_graph(known.sample(fraction=1, shuffle=True, seed=1), moved.reverse()), 0
    )
    assert first.equals(shuffled, null_equal=True)
