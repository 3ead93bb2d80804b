"""What is wrong with a file or folder is told in one line with exit code 1, not by a traceback."""

from pathlib import Path
from typing import Any

import pytest

BRACKETS = 5_000


def refused(told: Any) -> str:
    """Return the one line of a refusal."""
    assert told.code == 1
    (line,) = told.err.splitlines()
    assert line.startswith("refused: ")
    return line


@pytest.fixture
def broken(winnow: Any, tmp_path: Path) -> Path:
    """The warehouse of a home, about to be broken."""
    assert winnow("init", "--rehearsal").code == 0
    return tmp_path / "home" / "warehouse.duckdb"


def test_a_file_is_no_home(winnow: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "is not a home" in refused(winnow("--home", str(tmp_path / "file"), "status"))


def test_a_home_where_no_folder_can_be_made_is_refused(winnow: Any) -> None:
    line = refused(winnow("--home", "/proc/nope", "init"))
    assert "/proc/nope" in line
    assert "no such file or directory" in line


def test_a_season_where_no_folder_can_be_made_is_refused(winnow: Any) -> None:
    line = refused(winnow("simulate", "/proc/nope", "--seed", "1", "--accounts", "100"))
    assert "'/proc/nope' cannot be used: no such file or directory" in line


def test_a_refusal_by_the_system_is_one_object_with_json(winnow: Any) -> None:
    told = winnow("simulate", "/proc/nope", "--seed", "1", "--json")
    assert (told.code, list(told.json)) == (1, ["error"])


@pytest.mark.parametrize("words", [("status",), ("verify",), ("leaderboard",)], ids=" ".join)
@pytest.mark.parametrize("size", [0, 100, 5_000])
def test_a_warehouse_that_is_cut_off_is_refused(
    winnow: Any, broken: Path, words: tuple[str, ...], size: int
) -> None:
    broken.write_bytes(broken.read_bytes()[:size])
    line = refused(winnow(*words))
    assert f"{str(broken)!r} cannot be opened" in line
    assert "restore it from a backup" in line


@pytest.mark.parametrize("words", [("status",), ("verify",), ("run", "--once")], ids=" ".join)
def test_a_warehouse_that_is_gone_is_refused_and_never_made_anew(
    winnow: Any, broken: Path, words: tuple[str, ...]
) -> None:
    broken.unlink()
    assert "restore it from a backup" in refused(winnow(*words))
    assert not broken.exists()


def test_a_preview_whose_event_file_is_gone_names_it(
    winnow: Any, broken: Path, tmp_path: Path
) -> None:
    feed = tmp_path / "fills-2025-03-21.csv"
    feed.write_text(
        "fill_id,ts,market,product,maker_id,taker_id,taker_side,price,quantity,notional_usd,"
        "maker_fee_usd,taker_fee_usd\n"
        "f1,2025-03-21T12:00:00Z,SOL-USDC,spot,a,b,buy,100,1,100.00,0,0.1\n"
    )
    formula = tmp_path / "formula.toml"
    formula.write_text(
        '[[pool]]\nname = "volume"\nshare_bps = 10000\nmeasure = "spot_notional_usd"\n'
        'curve = { kind = "linear" }\n'
    )
    assert winnow("ingest", str(feed)).code == 0
    assert winnow("formula", "seal", str(formula), "--week", "S1W01").code == 0
    (file,) = (broken.parent / "events" / "fills").rglob("*.parquet")
    file.unlink()
    assert file.name in refused(winnow("issue", "S1W01", "--preview"))


@pytest.mark.parametrize("words", [("detect",), ("evaluate", "hop", "--data", ".")], ids=" ".join)
def test_scores_for_a_folder_that_is_missing_are_refused_before_anything_is_done(
    winnow: Any, broken: Path, words: tuple[str, ...]
) -> None:
    assert broken.exists()
    assert "'/nope'" in refused(winnow(*words, "--scores", "/nope/x.parquet"))
    assert all(run["job"] != "detect" for run in winnow("status", "--json").json["last_runs"])


def test_a_file_that_is_nested_too_deeply_is_refused(winnow: Any, tmp_path: Path) -> None:
    deep = tmp_path / "deep.toml"
    deep.write_text("x = " + "[" * BRACKETS + "]" * BRACKETS)
    assert "nested too deeply" in refused(winnow("formula", "lint", str(deep)))
    assert "nested too deeply" in refused(winnow("init", "--season-file", str(deep)))


def test_a_bug_stays_loud(winnow: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr("console.cli.home.status_of", fail)
    assert winnow("init").code == 0
    with pytest.raises(KeyError):
        winnow("status")
