"""The bad rows against the real ingest: each is seen for what it is, and no good row is lost."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulator.files import FileFormat
from simulator.flaws import FLAWS
from simulator.season import SeasonPlan
from simulator.simulation import simulate
from warehouse.connection import warehouse
from warehouse.home import create_home
from warehouse.ingest import ingest_sources
from warehouse.migrations import migrate

NOW = datetime(2025, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize("file_format", list(FileFormat))
def test_ingest_takes_every_good_row_and_tells_the_bad_apart(file_format, tmp_path: Path) -> None:
    plan = SeasonPlan(5, accounts=150, weeks=1)
    events = simulate(plan, tmp_path / "events", file_format=file_format, flaws=True).events
    home = create_home(tmp_path / "home", "test", rehearsal=True)
    with warehouse(home) as connection:
        migrate(connection, NOW)
    chosen = [
        events / f"fills-2025-03-22.{file_format}",
        events / f"fills-2025-03-23-again.{file_format}",
        events / f"logins-2025-03-22.{file_format}",
        events / "complete-2025-03-22.json",
    ]
    summary = ingest_sources(home, chosen, now=NOW, key=b"a key that only this test knows!")
    found = {file.name: file for file in summary.files}
    assert {file.outcome for file in summary.files} == {"taken"}
    good = [file.tally for name, file in found.items() if "-22." in name]
    assert all(not (tally.quarantined or tally.duplicate or tally.digits_cut) for tally in good)
    again = found[f"fills-2025-03-23-again.{file_format}"]
    planted = {flaw.name: flaw.rows for flaw in FLAWS}
    assert again.tally.duplicate == planted.pop("duplicate")
    assert again.tally.accepted == 0
    assert sorted(rows for _, rows in again.reasons) == sorted(planted.values())
