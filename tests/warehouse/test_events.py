"""The books: what a close covers, and when it is refused."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from warehouse.connection import Connection, rows, scratch, transaction, warehouse
from warehouse.errors import BooksIncomplete, SeasonError
from warehouse.events import load_close, registered_files, store_close
from warehouse.home import Home, create_home
from warehouse.migrations import migrate
from warehouse.records import Week
from warehouse.statements import statement

START = datetime(2025, 3, 21, tzinfo=UTC)
WEEK = Week(1, 1, START, START + timedelta(days=2), START + timedelta(days=2, hours=26))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = create_home(tmp_path / "home", "test", rehearsal=True)
    with warehouse(made) as connection:
        migrate(connection, START)
    return made


def register(connection: Connection, kind: str, day: int, rows: int = 1, busts: int = 0) -> str:
    path = f"events/{kind}/day=2025-03-{day}/{rows}{busts}.parquet"
    moment = datetime(2025, 3, day, tzinfo=UTC).replace(tzinfo=None)
    connection.execute(
        "insert into event_files values ($1, $2, $3, $4, $5, 0, $6, $6, 'hash', 'source', $6)",
        [path, kind, date(2025, 3, day), rows, busts, moment],
    )
    return path


def close(
    connection: Connection, required: tuple[str, ...] = (), reason: str | None = None
) -> object:
    return store_close(
        connection,
        WEEK,
        now=WEEK.issue_at,
        season_terms="{}",
        required=required,
        accept_missing=reason,
    )


def test_a_close_covers_what_a_week_needs_and_nothing_later(home: Home) -> None:
    with transaction(home) as connection:
        covered = [
            register(connection, "accounts", 1),
            register(connection, "balances", 20),
            register(connection, "fills", 21),
            register(connection, "fills", 22),
            register(connection, "fills", 25, busts=1),
            register(connection, "referrals", 22),
        ]
        for kind, day in (("accounts", 23), ("fills", 20), ("fills", 23), ("logins", 21)):
            register(connection, kind, day)
        stored = close(connection)
        register(connection, "fills", 21, rows=2)
        assert close(connection) == stored
        assert [file.path for file in stored.files] == sorted(covered)  # type: ignore[attr-defined]
        assert load_close(connection, 1, 1) == stored
        assert load_close(connection, 1, 2) is None


def test_the_books_do_not_close_over_a_gap_and_name_what_is_missing(home: Home) -> None:
    with transaction(home) as connection:
        register(connection, "fills", 21, rows=5)
        connection.execute(
            "insert into manifests values ('2025-03-21', 'fills', 1, 6, now()::timestamp)"
        )
        with pytest.raises(BooksIncomplete) as caught:
            close(connection, ("fills", "logins"))
        assert caught.value.missing == (
            "5 of 6 declared fills on 2025-03-21",
            "no manifest for logins on 2025-03-21",
            "no fills on 2025-03-22",
            "no manifest for fills on 2025-03-22",
            "no manifest for logins on 2025-03-22",
        )
        stored = close(connection, ("fills",), "the feed was down")
        assert stored.accepted_missing == "the feed was down"  # type: ignore[attr-defined]
        assert load_close(connection, 1, 1) == stored


def test_a_reason_is_stored_only_where_something_was_missing(home: Home) -> None:
    with transaction(home) as connection:
        for day in (21, 22):
            register(connection, "fills", day)
            connection.execute(
                "insert into manifests values ($1, 'fills', 1, 1, now()::timestamp)",
                [date(2025, 3, day)],
            )
        stored = close(connection, ("fills",), "just in case")
        assert (stored.accepted_missing, stored.missing) == (None, ())  # type: ignore[attr-defined]


def test_the_books_never_close_before_the_issue_instant(home: Home) -> None:
    with transaction(home) as connection, pytest.raises(SeasonError):
        store_close(
            connection,
            WEEK,
            now=WEEK.issue_at - timedelta(microseconds=1),
            season_terms="{}",
            required=(),
            accept_missing="any",
        )


@pytest.mark.parametrize(
    ("season", "number", "first_day", "days"),
    [(1, 2, 1, 7), (1, 2, 3, 7), (2, 1, 1, 1), (1, 7, -9, 10)],
    ids=["overlaps its predecessor", "leaves a gap", "another season", "overlaps the start"],
)
def test_no_instant_is_paid_for_twice_and_none_between_two_weeks_never(
    home: Home, season: int, number: int, first_day: int, days: int
) -> None:
    start = START + timedelta(days=first_day)
    end = start + timedelta(days=days)
    moved = Week(season, number, start, end, end)
    with transaction(home) as connection:
        for day in (21, 22):
            register(connection, "fills", day)
        close(connection)
        with pytest.raises(SeasonError, match="does not fit that of 'S1W01'"):
            store_close(
                connection,
                moved,
                now=end,
                season_terms="{}",
                required=(),
                accept_missing="a test",
            )


def test_registered_files_are_found_by_day(home: Home) -> None:
    with transaction(home) as connection:
        paths = [register(connection, "fills", day) for day in (21, 22, 23)]
        found = registered_files(
            connection, "fills", from_day=date(2025, 3, 22), before_day=date(2025, 3, 23)
        )
        assert [file.path for file in found] == [paths[1]]
        assert len(registered_files(connection, "fills")) == 3


def test_the_audit_query_finds_an_id_on_two_days() -> None:
    with scratch() as connection:
        connection.execute(
            "create table fills as select * from (values ('A', timestamp '2025-03-21 10:00'), "
            "('A', timestamp '2025-03-22 10:00'), ('B', timestamp '2025-03-22 10:00'), "
            "('B', timestamp '2025-03-22 11:00')) t(fill_id, ts)"
        )
        found = rows(connection, statement("examples/repeated_fills"))
    assert found == [("A", [date(2025, 3, 21), date(2025, 3, 22)])]
