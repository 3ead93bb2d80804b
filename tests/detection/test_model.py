"""The classifier: folds that hold groups whole, honest scores, the same bytes twice."""

import numpy as np
import polars as pl
import pytest

from detection.model import cross_fit, fold_groups


def test_a_published_cluster_and_a_linked_group_are_one_group() -> None:
    labels = pl.DataFrame(
        {
            "account_id": ["a", "b", "c", "d", "e"],
            "published": ["G1", "G1", None, None, "G2"],
        }
    )
    # b and c are linked, so c goes where a and b go; d and e stand apart.
    linked = pl.DataFrame({"account_id": ["a", "b", "c", "d", "e"], "link": [9, 4, 4, 7, 8]})
    groups = dict(fold_groups(linked, labels).iter_rows())
    assert groups["a"] == groups["b"] == groups["c"]
    assert len({groups["a"], groups["d"], groups["e"]}) == 3


def test_controls_alone_are_grouped_by_their_links() -> None:
    labels = pl.DataFrame(
        {"account_id": ["a", "b"], "published": [None, None]}, schema_overrides={"published": str}
    )
    linked = pl.DataFrame({"account_id": ["a", "b"], "link": [3, 3]})
    assert fold_groups(linked, labels)["group"].n_unique() == 1


def population(seed: int, *, telling: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
    """600 accounts in groups of ten, 400 of them labelled; `badge` names the group."""
    draw = np.random.default_rng(seed)
    group = np.arange(600) // 10
    decided = group % 3 == 0
    signal = decided + draw.normal(0, 0.3, 600) if telling else draw.normal(0, 1, 600)
    ids = [f"a{number:03d}" for number in range(600)]
    features = pl.DataFrame({"account_id": ids, "signal": signal, "badge": group.astype(float)})
    labels = pl.DataFrame({"account_id": ids, "decided": decided, "group": group})
    return features, labels.filter(pl.col("group") < 40)


def separation(scores: pl.DataFrame, labels: pl.DataFrame) -> float:
    """Mean score of the decided less that of the others."""
    seen = labels.join(scores, on="account_id")
    mean = seen.group_by("decided").agg(pl.col("score").mean()).sort("decided")["score"]
    return mean[1] - mean[0]


def test_every_account_has_a_score_and_labelled_ones_are_out_of_fold() -> None:
    features, labels = population(1, telling=True)
    fitted = cross_fit(features, labels, 0)
    assert fitted.folds == 5
    assert fitted.scores["account_id"].equals(features["account_id"])
    assert fitted.scores["score"].is_between(0, 1).all()
    assert fitted.scores.filter("out_of_fold")["account_id"].equals(labels["account_id"])


def test_learning_the_groups_by_heart_does_not_help() -> None:
    features, labels = population(3, telling=False)
    # With account folds the column `badge` alone would give a separation near 1.
    assert abs(separation(cross_fit(features, labels, 0).scores, labels)) < 0.15


def test_the_same_seed_gives_the_same_scores() -> None:
    features, labels = population(4, telling=True)
    first = cross_fit(features, labels, 7).scores
    again = cross_fit(features, labels.reverse(), 7).scores
    assert first.equals(again)


def test_a_signal_carries_over_to_groups_never_seen_and_is_calibrated() -> None:
    features, labels = population(5, telling=True)
    scores = cross_fit(features, labels, 0).scores
    assert separation(scores, labels) > 0.6
    seen = labels.join(scores, on="account_id")
    assert seen["score"].mean() == pytest.approx(seen["decided"].mean(), abs=0.01)
