"""The benchmark of detection: the season is what it says, and every step is timed."""

import json

import polars as pl
import pyarrow.parquet as pq
import pytest

import detection.detect
import jobs.detect
import warehouse.evidence
import warehouse.trading
from benchmarks import detecting, stepping
from benchmarks.crowds import ROWS_AN_ACCOUNT, Crowd, write_crowd
from benchmarks.floors import evidence_floor
from benchmarks.measuring import Run
from benchmarks.processes import Cost
from simulator.files import event_table
from tests.conftest import NOW, copy_home
from warehouse.ingest import ingest_sources
from warehouse.schemas import KIND_BY_NAME

CROWD = Crowd(1_200, days=2)
KINDS = ("accounts", "logins", "transfers", "fills", "referrals")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("crowd")
    write_crowd(folder, CROWD)
    return folder


@pytest.fixture(scope="module")
def events(source):
    return {kind: pl.read_parquet(sorted(source.glob(f"{kind}-*.parquet"))) for kind in KINDS}


@pytest.fixture(scope="module")
def crowded(source, pristine, tmp_path_factory):
    """A home that has ingested the crowd, and what ingest said."""
    home = copy_home(pristine, tmp_path_factory.mktemp("crowded"))
    return home, ingest_sources(home, [source], now=NOW, key=bytes(32))


def test_files_keep_the_input_contract(source):
    for kind in KINDS:
        columns = KIND_BY_NAME[kind].columns
        empty = pl.DataFrame(schema=dict.fromkeys([column.name for column in columns], pl.Int64))
        expected = event_table(KIND_BY_NAME[kind], empty).schema
        for path in source.glob(f"{kind}-*.parquet"):
            found = pq.read_schema(path)
            assert found.names == expected.names
            for column in columns:
                if column.rule.value in {"instant", "usd", "quantity", "level"}:
                    assert found.field(column.name).type == expected.field(column.name).type


def test_an_account_logs_in_ten_times_pays_twice_and_trades_forty_times(events):
    for kind, rows in ROWS_AN_ACCOUNT.items():
        assert events[kind].height == pytest.approx(rows * CROWD.accounts, rel=0.05)
        assert events[kind][KIND_BY_NAME[kind].key[0]].is_unique().all()
    assert events["accounts"]["account_id"].n_unique() == CROWD.accounts
    assert events["accounts"]["owner_id"].n_unique() < CROWD.accounts
    busiest = events["fills"]["taker_id"].value_counts()["count"].sort(descending=True)
    assert busiest.head(CROWD.accounts // 10).sum() > events["fills"].height // 3


def test_a_season_holds_hubs_and_groups(events):
    holders = events["logins"].group_by("ip").agg(pl.col("account_id").n_unique())["account_id"]
    assert holders.max() > 30
    paid = events["transfers"].group_by("source").agg(pl.col("destination").n_unique())
    assert paid["destination"].max() > 100
    shared = events["logins"].filter(pl.col("device_id").str.starts_with("g"))
    assert (
        shared.group_by("device_id").agg(pl.col("account_id").n_unique())["account_id"].max() == 3
    )


def test_everything_is_taken_and_the_floor_reads_it(crowded, events):
    home, summary = crowded
    assert summary.total.quarantined == 0
    assert summary.total.accepted == sum(table.height for table in events.values())
    files = list((home.root / "events").rglob("*.parquet"))
    assert evidence_floor(home.root / "events") == len(files)


def test_every_step_of_the_detection_is_timed(crowded, tmp_path, monkeypatch):
    for module in (jobs.detect, detection.detect, warehouse.evidence, warehouse.trading):
        for name, value in list(vars(module).items()):
            monkeypatch.setattr(module, name, value)  # so that the stopwatch is taken off again
    home, _ = crowded
    result = tmp_path / "steps.json"
    stepping.main(home.root, result)
    written = json.loads(result.read_text(encoding="utf-8"))
    assert written["rows"]["logins"] == 10 * CROWD.accounts
    assert written["found"]["clusters"] > 0
    steps = written["steps"]
    for step in ("evidence/takes.sql", "evidence/devices.sql", "detection.fusion.fuse"):
        assert min(steps[step]) > 0
    for signal in detection.detect.SIGNALS:
        assert f"{signal.__module__}.{signal.__name__}" in steps


def test_a_step_is_credited_without_the_steps_inside_it():
    moments = iter(range(100))
    watch = stepping.Stopwatch(lambda: (float(next(moments)), 0.0))
    watch.begin("outer")
    watch.begin("first")
    watch.switch("second")
    watch.end()
    watch.end()
    assert {step: wall for step, (wall, _) in watch.steps.items()} == {
        "everything else": 1,
        "outer": 2,
        "first": 1,
        "second": 1,
    }


def test_growth_and_the_steps_that_matter_are_told():
    def season(accounts, seconds):
        runs = (Run("detect", "winnow", 0, 1.0, Cost(seconds, seconds, accounts)),)
        steps = {"dear.sql": (seconds, seconds), "cheap.sql": (seconds / 1_000, 0.0)}
        return detecting.Season(accounts, runs, {"fills": 40 * accounts}, {"edges": 3}, steps)

    said = detecting._as_text([season(100, 2.0), season(1_000, 30.0)], 28, "2025-03-21")
    assert "For 10.0 times the rows the detection took 15.0 times the wall" in said
    assert "| `dear.sql` | 2.00, 2.00 | 30.00, 30.00 |" in said
    assert "cheap.sql" not in said
