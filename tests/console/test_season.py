"""A season in the terminal, from empty folder to verified points, as an operator does it."""

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

WINNOW_RUN_AT = "2025-04-12T00:00:00Z"
OWNERS = tuple(f"trader-{number}" for number in range(5))
FILL = "fill_id,ts,market,product,maker_id,taker_id,taker_side,price,quantity,notional_usd,"
FORMULA = """
[[pool]]
name = "volume"
share_bps = 10000
measure = "spot_notional_usd"
curve = { kind = "linear" }
"""


def write_feed(folder: Path, weeks: int) -> None:
    """A synthetic feed: five traders, one fill a day and pair, six days and then seven a week."""
    folder.mkdir(parents=True, exist_ok=True)
    opened = "".join(f"{owner},2025-03-20T00:00:00Z,2\n" for owner in OWNERS)
    (folder / "accounts.csv").write_text("account_id,opened_at,kyc_level\n" + opened)
    rows = [FILL + "maker_fee_usd,taker_fee_usd\n"]
    for day in range(6 + 7 * (weeks - 1)):
        at = datetime(2025, 3, 21, 12, tzinfo=UTC) + timedelta(days=day)
        maker, taker = OWNERS[day % 5], OWNERS[(day + 1) % 5]
        rows.append(
            f"f{day},{at:%Y-%m-%dT%H:%M:%SZ},SOL-USDC,spot,{maker},{taker},buy,100,1,100.00,0,0.1\n"
        )
    (folder / "fills.csv").write_text("".join(rows))


@pytest.fixture
def rehearsal(winnow: Any, tmp_path: Path) -> Path:
    """A rehearsal home with three sealed weeks."""
    formula = tmp_path / "volume.toml"
    formula.write_text(FORMULA)
    assert winnow("init", "--rehearsal").code == 0
    for week in ("S1W01", "S1W02", "S1W03"):
        assert winnow("formula", "seal", str(formula), "--week", week).code == 0
    return tmp_path / "home"


def settle(folder: Path) -> None:
    """Make every file look as if it had stood still for an hour."""
    for path in folder.rglob("*.csv"):
        an_hour_ago = time.time() - 3600
        os.utime(path, (an_hour_ago, an_hour_ago))


def test_events_in_a_week_issued_and_everything_verified(
    winnow: Any, rehearsal: Path, tmp_path: Path
) -> None:
    write_feed(tmp_path / "feed", weeks=1)
    taken = winnow("ingest", str(tmp_path / "feed"), "--json").json
    assert taken["kinds"]["fills"]["accepted"] == 6
    assert taken["total"]["quarantined"] == 0

    preview = winnow("issue", "S1W01", "--preview", "--json").json
    assert (preview["issued_micropoints"], preview["owners"]) == (10_000_000_000_000, 5)
    assert "volume" not in winnow("issue", "S1W01", "--preview").out
    assert winnow("leaderboard", "--json").json == []

    issued = winnow("issue", "S1W01", "--json").json
    assert issued["week"] == "S1W01"
    assert issued["batch"] == "S1W01/issue"
    assert issued["issued_micropoints"] == 10_000_000_000_000
    assert issued["owners"] == 5
    assert issued["held_micropoints"] == 0
    assert len(issued["root"]) == 64
    again = winnow("issue", "S1W01", "--json").json
    assert again == issued | {"already": True}

    standings = winnow("leaderboard", "--json").json
    assert all(isinstance(row["micropoints"], str) for row in standings)
    assert sum(int(row["micropoints"]) for row in standings) == 10_000_000_000_000
    first = standings[0]
    own = winnow("points", first["owner_id"], "--json").json
    assert own["own_micropoints"] == first["micropoints"]
    assert [week["week"] for week in own["weeks"]] == ["S1W01"]
    assert int(own["entries"][0]["micropoints"]) == int(first["micropoints"])

    found = winnow("detect", "--as-of", "2025-03-27T00:00:00Z", "--json").json
    assert {"run", "accounts", "edges", "clusters", "cases", "seconds"} <= set(found)
    assert found["accounts"] == 5

    verified = winnow("verify", "--replay", "--json")
    assert (verified.code, verified.json["ok"]) == (0, True)
    assert verified.json["weeks_replayed"] == ["S1W01"]
    assert "10,000,000.000000" in winnow("issue", "S1W01").out


def test_a_replay_that_fails_is_not_told_to_be_asked_for(
    winnow: Any, rehearsal: Path, tmp_path: Path
) -> None:
    write_feed(tmp_path / "feed", weeks=1)
    winnow("ingest", str(tmp_path / "feed"))
    assert winnow("issue", "S1W01").code == 0
    assert "add --replay" in winnow("verify").out
    (file,) = (rehearsal / "events" / "fills" / "day=2025-03-21").glob("*.parquet")
    file.unlink()
    told = winnow("verify", "--replay", COLUMNS="60")
    assert told.code == 1
    assert "add --replay" not in told.out
    assert f"{str(file.relative_to(rehearsal))!r} cannot be read" in told.out
    assert "Errno" not in told.out


def test_an_owner_without_any_entry_is_told_so(winnow: Any, rehearsal: Path) -> None:
    assert rehearsal.exists()
    told = winnow("points", "nobody")
    assert told.code == 0
    assert told.out.startswith("no entry for 'nobody'; ")
    machine = winnow("points", "nobody", "--json").json
    assert (machine["known"], machine["own_micropoints"]) == (False, "0")


def test_files_that_were_all_taken_before_are_told_in_one_line(
    winnow: Any, rehearsal: Path, tmp_path: Path
) -> None:
    assert rehearsal.exists()
    write_feed(tmp_path / "feed", weeks=1)
    (tmp_path / "feed" / "accounts.csv").unlink()
    assert winnow("ingest", str(tmp_path / "feed")).out.splitlines()[0].startswith("1 file taken")
    told = winnow("ingest", str(tmp_path / "feed")).out
    assert told == "nothing new: 1 file was taken before\n"


def test_a_row_that_breaks_a_rule_makes_a_strict_ingest_partly_done(
    winnow: Any, rehearsal: Path, tmp_path: Path
) -> None:
    feed = tmp_path / "feed"
    write_feed(feed, weeks=1)
    with (feed / "accounts.csv").open("a") as file:
        file.write("odd,not a date,2\n")
    assert winnow("ingest", str(feed)).code == 0
    (feed / "accounts.csv").write_text((feed / "accounts.csv").read_text() + "even,no date,2\n")
    strict = winnow("ingest", "--strict", str(feed))
    assert strict.code == 3
    assert "not a date" not in strict.out + strict.err
    assert winnow("ingest", str(tmp_path / "nowhere.csv")).code == 1


def test_run_once_takes_the_inbox_and_catches_up_three_weeks_in_order(
    winnow: Any, process: Any, rehearsal: Path
) -> None:
    write_feed(rehearsal / "inbox", weeks=3)
    settle(rehearsal / "inbox")
    told = process("--now", WINNOW_RUN_AT, "run", "--once", "--json")
    assert told.code == 0, told.err
    assert [f"{a['job']} {a['period']}" for a in told.json if a["job"] in {"detect", "issue"}] == [
        "detect S1W01",
        "issue S1W01",
        "detect S1W02",
        "issue S1W02",
        "detect S1W03",
        "issue S1W03",
    ]
    assert (told.json[0]["job"], told.json[-1]["job"]) == ("ingest", "publish")
    assert sorted(path.name for path in (rehearsal / "inbox" / "done").rglob("*.csv")) == [
        "accounts.csv",
        "fills.csv",
    ]
    assert winnow("--now", WINNOW_RUN_AT, "run", "--once", "--json").json == []
    standings = winnow("leaderboard", "--json").json
    assert sum(int(row["micropoints"]) for row in standings) == 3 * 10_000_000_000_000
    for line in told.err.splitlines():
        assert json.loads(line)["event"]
        assert "trader-" not in line


def test_what_was_issued_by_hand_is_neither_due_nor_done_again(
    winnow: Any, rehearsal: Path, tmp_path: Path
) -> None:
    write_feed(tmp_path / "feed", weeks=2)
    winnow("ingest", str(tmp_path / "feed"))
    at = "2025-04-03T00:00:00Z"  # the first week is due, the second not yet
    assert winnow("--now", at, "issue", "S1W01").code == 0
    status = winnow("--now", at, "status", "--json").json
    assert [run["job"] for run in status["due"]] == ["publish"]
    told = winnow("--now", at, "run", "--once", "--json")
    assert [attempt["job"] for attempt in told.json] == ["publish"]


def test_a_run_that_failed_before_its_week_was_issued_by_hand_says_why(
    winnow: Any, rehearsal: Path, tmp_path: Path
) -> None:
    at = "2025-03-30T00:00:00Z"
    write_feed(tmp_path / "feed", weeks=1)
    fills = tmp_path / "feed" / "fills.csv"
    fills.write_text("".join(fills.read_text().splitlines(keepends=True)[:-1]))
    winnow("ingest", str(tmp_path / "feed"))
    assert winnow("--now", at, "run", "--once").code == 3
    assert "see above" in winnow("--now", at, "status").out
    issued = winnow("--now", at, "issue", "S1W01", "--accept-missing", "the feed was down")
    assert issued.code == 0
    told = winnow("--now", at, "status").out
    assert "see above" not in told
    assert "2025-03-26" in told


def test_a_week_with_a_gap_waits_and_status_says_for_what(
    winnow: Any, rehearsal: Path, tmp_path: Path
) -> None:
    write_feed(tmp_path / "feed", weeks=1)
    winnow("ingest", str(tmp_path / "feed"))
    told = winnow("--now", WINNOW_RUN_AT, "run", "--once", "--json")
    assert told.code == 3
    assert [(a["job"], a["period"], a["end"]) for a in told.json][:3] == [
        ("detect", "S1W01", "done"),
        ("issue", "S1W01", "done"),
        ("detect", "S1W02", "failed"),
    ]
    due = winnow("--now", WINNOW_RUN_AT, "status", "--json").json["due"]
    (waits_for,) = [run["waits_for"] for run in due if run["waits_for"]]
    assert "2025-03-27" in waits_for

    write_feed(tmp_path / "feed", weeks=3)
    winnow("ingest", str(tmp_path / "feed"))
    assert winnow("--now", WINNOW_RUN_AT, "run", "--once").code == 0
    weeks = winnow("--now", WINNOW_RUN_AT, "status", "--json").json["weeks"]
    assert [week["week"] for week in weeks if week["issued"]] == ["S1W01", "S1W02", "S1W03"]


def test_a_file_of_the_inbox_that_is_no_event_file_is_put_aside(
    winnow: Any, rehearsal: Path
) -> None:
    (rehearsal / "inbox" / "accounts.csv").write_text("nothing\nof ours\n")
    (rehearsal / "inbox" / "notes.txt").write_text("hello")
    for path in (rehearsal / "inbox").iterdir():
        os.utime(path, (0, 0))
    winnow("--now", "2025-03-22T00:00:00Z", "run", "--once")
    refused = [path.name for path in (rehearsal / "inbox" / "refused").rglob("*.*")]
    assert sorted(name for name in refused if not name.endswith("Z")) == [
        "accounts.csv",
        "notes.txt",
    ]
