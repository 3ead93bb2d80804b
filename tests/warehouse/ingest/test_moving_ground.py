"""What happens to an ingest while the world under it moves; its own progress tells it when."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from warehouse.connection import transaction
from warehouse.events import store_close
from warehouse.ingest import IngestSummary, ingest_sources
from warehouse.records import Week

Fill = Callable[..., str]
NOW = datetime(2025, 4, 1, tzinfo=UTC)
END = datetime(2025, 3, 22, tzinfo=UTC)
WEEK = Week(1, 1, END - timedelta(days=1), END, END + timedelta(hours=26))


def ingest(desk: Any, happens: Callable[[int, str], None]) -> IngestSummary:
    return ingest_sources(
        desk.home,
        [desk.inbox],
        now=NOW,
        key=b"key",
        progress=lambda done, _, name: happens(done, name),
    )


def test_a_week_that_closes_meanwhile_makes_the_rows_late(desk: Any, fills: Fill) -> None:
    for index in range(3):
        desk.write(f"fills-{index}.csv", fills(f"F{index}", "shared"))
    desk.write("fills-9.csv", fills("F0", "shared"))
    desk.write("logins.csv", "nothing\n")
    closed: list[bool] = []

    def close(_: int, name: str) -> None:
        if name == "fills-2.csv" and not closed:
            closed.append(True)
            with transaction(desk.home) as connection:
                store_close(
                    connection,
                    WEEK,
                    now=WEEK.issue_at,
                    season_terms="{}",
                    required=(),
                    accept_missing="test",
                )

    summary = ingest(desk, close)
    assert [result.name for result in summary.files] == [
        *(f"fills-{index}.csv" for index in (0, 1, 2, 9)),
        "logins.csv",
    ]
    outcomes = [result.outcome for result in summary.files]
    assert outcomes == ["taken", "taken", "taken", "known", "refused"]
    assert (summary.total.accepted, summary.total.late, summary.total.duplicate) == (4, 4, 2)
    assert desk.query("select path from close_files") == []
    assert desk.query('select sum("rows")::int, sum(late)::int from event_files') == [(4, 4)]
    ids = [fill_id for (fill_id,) in desk.stored("fills", "fill_id")]
    assert ids == ["F0", "F1", "F2", "shared"]


def test_what_is_finished_counts_where_a_later_source_ends_the_ingest(
    desk: Any, fills: Fill
) -> None:
    for index in range(3):
        desk.write(f"fills-{index}.csv", fills(f"F{index}"))

    def fail(_: int, name: str) -> None:
        if name == "fills-2.csv":
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ingest(desk, fail)
    assert [fill_id for (fill_id,) in desk.stored("fills", "fill_id")] == ["F0", "F1"]
    assert desk.ingest().count("known") == 2


def touch(path: Path) -> None:
    with path.open("a") as file:
        file.write("more\n")


@pytest.mark.parametrize(
    ("moment", "what", "reason"),
    [
        ("before", Path.unlink, "cannot be read"),
        ("while", Path.unlink, "went away"),
        ("while", touch, "changed while it was read"),
    ],
)
def test_a_source_that_moves_is_refused_and_the_rest_is_taken(
    desk: Any, fills: Fill, moment: str, what: Callable[[Path], None], reason: str
) -> None:
    moving = desk.write("fills-1.csv", fills("A", "=broken"))
    desk.write("fills-2.csv", fills("B"))
    moved: list[bool] = []

    def move(done: int, name: str) -> None:
        if name == "fills-1.csv" and not moved and (moment == "before" or done > 0):
            moved.append(True)
            what(moving)

    first, second = ingest(desk, move).files
    assert (first.outcome, second.outcome) == ("refused", "taken")
    assert reason in str(first.reason)
    assert [fill_id for (fill_id,) in desk.stored("fills", "fill_id")] == ["B"]
