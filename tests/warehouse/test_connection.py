"""The warehouse is opened briefly and waits with an end; a scratch engine leaves nothing behind."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from warehouse.connection import (
    kept_open,
    rows,
    scratch,
    transaction,
    warehouse,
    warehouse_attached,
)
from warehouse.errors import HomeError, WarehouseBusy
from warehouse.home import Home

HOLD = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


def test_a_transaction_is_stored_whole_or_not_at_all(home: Home):
    def reveal_and_fail() -> None:
        with transaction(home) as connection:
            connection.execute("insert into reveals values (1, 1, '2025-01-01', 0)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        reveal_and_fail()
    with warehouse(home, read_only=True) as connection:
        assert rows(connection, "from reveals") == []


def test_a_warehouse_that_is_kept_open_is_shared_and_written_back(home: Home):
    with kept_open(home):
        with transaction(home) as connection:
            connection.execute("insert into reveals values (1, 1, '2025-01-01', 0)")
        with warehouse(home, read_only=True) as connection:
            assert rows(connection, "select week from reveals") == [(1,)]
        trying = f"import duckdb; duckdb.connect({str(home.warehouse)!r}, read_only=True)"
        locked = subprocess.run(
            [sys.executable, "-c", trying], capture_output=True, text=True, check=False
        )
        assert "lock" in locked.stderr
    with warehouse(home, read_only=True) as connection:
        assert rows(connection, "select week from reveals") == [(1,)]


def test_who_reads_a_warehouse_that_is_kept_open_cannot_write_to_it(home: Home):
    with kept_open(home):
        with (
            pytest.raises(duckdb.Error, match="read-only"),
            warehouse(home, read_only=True) as connection,
        ):
            connection.execute("insert into reveals values (1, 1, '2025-01-01', 0)")
        with transaction(home) as connection:
            assert rows(connection, "from reveals") == []


def test_a_warehouse_that_is_kept_open_is_for_one_thread_and_one_way_at_once(home: Home):
    def read() -> None:
        with warehouse(home, read_only=True):
            pass

    began = time.monotonic()
    with kept_open(home):
        with ThreadPoolExecutor(1) as pool, pytest.raises(WarehouseBusy, match="another thread"):
            pool.submit(read).result()
        with (
            scratch() as engine,
            pytest.raises(WarehouseBusy, match="before or after"),
            warehouse_attached(engine, home),
        ):
            pass
        with pytest.raises(WarehouseBusy, match="before or after"), kept_open(home):
            pass
    assert time.monotonic() - began < 5
    read()


def test_waiting_for_another_process_has_an_end(home: Home):
    command = [sys.executable, "-c", HOLD, str(home.warehouse)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(WarehouseBusy, match="try again"), warehouse(home, wait_seconds=0.2):
            pass
        holder.stdin.close()
        with warehouse(home, wait_seconds=30) as connection:
            assert rows(connection, "select 1") == [(1,)]


def test_a_damaged_warehouse_is_refused_at_once_wherever_it_lies(tmp_path: Path):
    home = Home(tmp_path / "the locksmith", "odd", rehearsal=False)
    home.root.mkdir()
    home.warehouse.write_bytes(b"no database " * 2_000)
    began = time.monotonic()
    with pytest.raises(HomeError, match="cannot be opened; restore it"), warehouse(home):
        pass
    assert time.monotonic() - began < 5


def test_a_file_that_is_gone_is_named_by_a_refusal_without_the_query(home: Home):
    with pytest.raises(HomeError, match=r'gone\.parquet"$'), scratch(home) as connection:
        rows(connection, "from read_parquet($1)", [["/gone.parquet"]])


def test_two_engines_spill_apart_and_leave_nothing(home: Home):
    setting = "select current_setting('temp_directory')"
    with scratch(home) as one, scratch(home) as other:
        assert rows(one, setting) != rows(other, setting)
    assert list(home.staging.iterdir()) == []


def test_what_a_killed_process_spilled_is_swept(home: Home):
    finished = subprocess.Popen([sys.executable, "-c", ""])
    finished.wait()
    leftover = home.staging / f"spill-{finished.pid}-x"
    leftover.mkdir()
    with scratch(home):
        assert not leftover.exists()


def test_instants_do_not_follow_the_zone_of_the_machine(home: Home):
    with scratch(home) as connection:
        assert rows(connection, "select current_setting('TimeZone')") == [("UTC",)]
