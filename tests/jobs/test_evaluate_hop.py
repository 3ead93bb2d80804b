"""The comparison with Hop's decisions: on a planted folder, and on the published files."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from jobs.evaluate_hop import LEAST_GROUP, evaluate_hop, rule_scores, run_rule
from jobs.hop_files import read_hop
from warehouse.errors import SourceRefused

PUBLISHED = Path(__file__).parents[2].parent / "shared" / "data" / "hop"
published = pytest.mark.skipif(
    not PUBLISHED.is_dir(), reason="Hop's published files are not in ../shared/data/hop"
)
CHAINS, CHAIN_LENGTH, LONERS = 12, 10, 120


def account(number: int) -> str:
    """An address."""
    return f"0x{number:040x}"


def plant(folder: Path, *, labels: bool = True) -> Path:
    """Write a synthetic folder: chains of ten accounts, loners, and an exchange that funds all."""
    folder.mkdir()
    draw = np.random.default_rng(1)
    total = CHAINS * CHAIN_LENGTH + LONERS
    ids = [account(number) for number in range(total)]
    chained = np.arange(total) < CHAINS * CHAIN_LENGTH
    pl.DataFrame(
        {
            "address": ids,
            "first_hop_ts": 1_630_000_000 + draw.integers(0, 10**7, total),
            "total_volume_usd": np.where(chained, 1_100.0, draw.uniform(1_000, 90_000, total)),
        }
    ).write_parquet(folder / "accounts.parquet")
    steps = [(number, number + 1) for number in range(CHAINS * CHAIN_LENGTH)]
    rows = [(account(a), account(b)) for a, b in steps if b % CHAIN_LENGTH]
    rows += [("0xexchange", address) for address in ids]
    pl.DataFrame(rows, schema=["src", "dst"], orient="row").with_columns(
        kind=pl.lit("native"), chain=pl.lit("xdai"), n=pl.lit(1, pl.Int32)
    ).write_parquet(folder / "transfers.parquet")
    if labels:
        pl.DataFrame(
            {
                "address": ids,
                "sybil": chained.astype(np.int8),
                "cluster": [
                    f"C:{number // CHAIN_LENGTH}" if planted else None
                    for number, planted in enumerate(chained)
                ],
                "label_source": np.where(chained, "component", "control"),
            }
        ).write_parquet(folder / "labels_dev.parquet")
    return folder


def test_planted_chains_are_found_and_the_exchange_links_nobody(tmp_path: Path) -> None:
    report = evaluate_hop(plant(tmp_path / "hop"))
    rule = report.comparisons[0]
    assert (report.hubs, report.clusters) == (1, CHAINS)
    assert (rule.accounts[0].precision, rule.accounts[0].recall) == (1.0, 1.0)
    assert (rule.pairs[0].precision, rule.pairs[0].recall) == (1.0, 1.0)
    assert report.scores_file is None


def test_scores_hold_every_account_labelled_or_not_and_are_the_same_twice(tmp_path: Path) -> None:
    folder = plant(tmp_path / "hop")
    labels = pl.read_parquet(folder / "labels_dev.parquet")
    labels.filter(pl.int_range(pl.len()) % 40 < 30).write_parquet(folder / "labels_dev.parquet")
    report = evaluate_hop(folder, scores=tmp_path / "one")
    scores = pl.read_parquet(tmp_path / "one")
    assert scores.columns == ["account_id", "cluster_id", "score", "flagged"]
    assert scores["account_id"].to_list() == sorted(labels["address"])
    assert scores["score"].null_count() == 0
    model = next(part for part in report.comparisons if part.name.startswith("model"))
    assert model.accounts[0].auc > 0.9
    assert report.labelled < report.accounts
    evaluate_hop(folder, scores=tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_without_labels_the_scores_are_those_of_the_rule(tmp_path: Path) -> None:
    folder = plant(tmp_path / "hop", labels=False)
    report = evaluate_hop(folder, scores=tmp_path / "scores.parquet")
    assert (report.labelled, report.base_rate) == (0, None)
    assert report.comparisons[0].accounts == ()
    expected = rule_scores(run_rule(read_hop(folder), 20))
    assert pl.read_parquet(tmp_path / "scores.parquet").equals(expected)


def test_the_rule_scores_by_the_size_of_the_group(tmp_path: Path) -> None:
    scores = rule_scores(run_rule(read_hop(plant(tmp_path / "hop")), 20))
    inside, outside = scores.filter("flagged"), scores.filter(~pl.col("flagged"))
    assert inside["score"].unique().to_list() == [CHAIN_LENGTH / (CHAIN_LENGTH + LEAST_GROUP)]
    assert outside["score"].unique().to_list() == [0.0]
    assert outside["cluster_id"].null_count() == LONERS


def test_a_listed_address_links_nobody(tmp_path: Path) -> None:
    folder = plant(tmp_path / "hop")
    pl.DataFrame(
        {"address": [account(5), account(15)], "list": ["exchangeBlacklist", "whitelist"]}
    ).write_parquet(folder / "entity_lists.parquet")
    data = read_hop(folder, entity_lists=True)
    found = run_rule(data, 20, data.listed)
    assert found.clusters["accounts"].sort().to_list() == [4, 5] + [10] * (CHAINS - 1)


def test_a_missing_file_and_a_missing_column_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match=r"accounts\.parquet"):
        read_hop(tmp_path)
    folder = plant(tmp_path / "hop")
    pl.DataFrame({"src": ["a"]}).write_parquet(folder / "transfers.parquet")
    with pytest.raises(SourceRefused, match="dst"):
        read_hop(folder)


@published
def test_the_rule_agrees_with_hop_as_far_as_promised() -> None:
    """Precision 0.90 at recall 0.50 on all published labels, without labels or lists."""
    rule = evaluate_hop(PUBLISHED).comparisons[0]
    assert rule.accounts[0].precision >= 0.90
    assert rule.accounts[0].recall >= 0.50
    assert rule.pairs[0].precision >= 0.90
    assert rule.precision_at_half_recall is not None
    assert rule.precision_at_half_recall >= 0.90
