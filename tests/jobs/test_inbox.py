"""Files in the inbox are taken when they are complete, and none is ever lost."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jobs.inbox import name_of, put_away, settled_files

NOW = datetime(2025, 3, 28, 2, tzinfo=UTC)
SETTLE = timedelta(seconds=30)


def drop(inbox: Path, name: str, *, age: timedelta, text: str = "x") -> Path:
    path = inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    stamp = (NOW - age).timestamp()
    os.utime(path, (stamp, stamp))
    return path


def test_a_file_is_taken_once_it_has_stood_still(tmp_path: Path) -> None:
    old = drop(tmp_path, "fills/a.csv", age=SETTLE)
    drop(tmp_path, "fills/b.csv", age=SETTLE - timedelta(seconds=1))
    assert [a.path for a in settled_files(tmp_path, real_now=NOW, settle=SETTLE)] == [old]


def test_unfinished_names_and_what_was_put_away_are_not_seen(tmp_path: Path) -> None:
    for name in (".a.csv", "b.csv.part", "c.tmp", ".sync/d.csv", "done/x/e.csv", "refused/x/f.csv"):
        drop(tmp_path, name, age=2 * SETTLE)
    assert settled_files(tmp_path, real_now=NOW, settle=SETTLE) == ()
    assert name_of(()) is None


def test_the_name_of_the_inbox_changes_with_any_of_its_files(tmp_path: Path) -> None:
    drop(tmp_path, "a.csv", age=2 * SETTLE)
    first = settled_files(tmp_path, real_now=NOW, settle=SETTLE)
    assert name_of(first) == name_of(settled_files(tmp_path, real_now=NOW, settle=SETTLE))
    drop(tmp_path, "a.csv", age=2 * SETTLE, text="xy")
    assert name_of(settled_files(tmp_path, real_now=NOW, settle=SETTLE)) != name_of(first)


def test_files_are_moved_and_keep_their_folder(tmp_path: Path) -> None:
    good = drop(tmp_path, "fills/a.csv", age=SETTLE)
    bad = drop(tmp_path, "fills/b.csv", age=SETTLE)
    arrivals = settled_files(tmp_path, real_now=NOW, settle=SETTLE)
    assert put_away(tmp_path, arrivals, (bad,), "T") == ()
    assert not good.exists()
    assert (tmp_path / "done/T/fills/a.csv").read_text() == "x"
    assert (tmp_path / "refused/T/fills/b.csv").read_text() == "x"
    assert settled_files(tmp_path, real_now=NOW, settle=SETTLE) == ()


def test_a_file_that_grew_meanwhile_stays_for_the_next_look(tmp_path: Path) -> None:
    path = drop(tmp_path, "a.csv", age=SETTLE)
    arrivals = settled_files(tmp_path, real_now=NOW, settle=SETTLE)
    drop(tmp_path, "a.csv", age=SETTLE, text="x and more")
    assert put_away(tmp_path, arrivals, (), "T") == (path,)
    assert path.read_text() == "x and more"


def test_a_file_that_was_taken_away_meanwhile_is_no_error(tmp_path: Path) -> None:
    path = drop(tmp_path, "a.csv", age=SETTLE)
    arrivals = settled_files(tmp_path, real_now=NOW, settle=SETTLE)
    path.unlink()
    assert put_away(tmp_path, arrivals, (), "T") == (path,)
