"""An edition is complete, documented, read-only, swapped at once, and tells no number of a pool."""

import stat
import subprocess
import sys
import textwrap
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.publish import publish
from jobs.season_files import load_seasons
from warehouse.connection import Connection, transaction, warehouse
from warehouse.errors import HomeError
from warehouse.home import Home, create_home
from warehouse.instants import to_stored
from warehouse.ledger import ENTRY_SCHEMA, StoredBatch, store_batch
from warehouse.migrations import migrate
from warehouse.publish import KEPT_EDITIONS, current_edition
from warehouse.records import Batch
from warehouse.schemas import KIND_BY_NAME, KINDS
from warehouse.statements import names, statement

NOW = datetime(2025, 4, 1, tzinfo=UTC)
EMISSION = 10_000_000_000_000

Entries = list[tuple[str, int, str, str | None]]


def register(home: Home, kind: str, file_name: str, select: str) -> Path:
    """Write one event file and put it in the registry."""
    path = home.events / kind / "day=2025-03-22" / file_name
    write_parquet(kind, path, select)
    with transaction(home) as connection:
        connection.execute(
            "insert into event_files values ($1, $2, $3, 1, 0, 0, $4, $4, 'aa', 'bb', $4)",
            [
                path.relative_to(home.root).as_posix(),
                kind,
                date(2025, 3, 22),
                to_stored(NOW),
            ],
        )
    return path


def write_parquet(kind: str, path: Path, select: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = ", ".join(f"null::{type_} as {name}" for name, type_ in KIND_BY_NAME[kind].stored())
    with duckdb.connect() as engine:
        engine.execute(f"create table events as select {columns} where false")
        engine.execute(f"insert into events by name {select}")
        engine.table("events").write_parquet(str(path))


def write_batch(home: Home, week: int, kind: str, key: str, entries: Entries, *, leaf: int) -> None:
    with transaction(home) as connection:
        store(connection, week, kind, key, entries, leaf=leaf)


def store(
    connection: Connection, week: int, kind: str, key: str, entries: Entries, *, leaf: int
) -> None:
    frame = pl.DataFrame(entries, schema=ENTRY_SCHEMA, orient="row")
    batch = Batch(1, week, kind, key, NOW, frame.height, "digest")
    store_batch(connection, StoredBatch(batch, leaf, moves=0), frame)


def reveal(connection: Connection, week: int) -> None:
    connection.execute("insert into reveals values (1, $1, $2, $1)", [week, to_stored(NOW)])


def published(home: Home) -> duckdb.DuckDBPyConnection:
    """Publish and open the edition as an analyst would."""
    path = publish(home, load_seasons(home), NOW).path
    return duckdb.connect(str(path), read_only=True)


def read(home: Home, sql: str) -> list[tuple]:
    with published(home) as edition:
        return edition.execute(sql).fetchall()


# A week of 100 points: ada refers bob, who is in a case; cyd is not concerned.
ISSUE: Entries = [
    ("emission:S1W01", -EMISSION, "issued", None),
    ("owner:ada", 6_000_000_000_000, "issued", None),
    ("held:ada", 123_456_789, "held_case_of_referee", "bob"),
    ("held:bob", 2_999_876_543_211, "held_case_of_owner", "bob"),
    ("owner:cyd", 1_000_000_000_000, "issued", None),
]


def test_every_published_column_has_a_comment_and_every_object_says_what_a_row_is(home: Home):
    silent = read(
        home,
        "select table_name, column_name from duckdb_columns() "
        "where not internal and coalesce(comment, '') = ''",
    )
    assert silent == []
    with published(home) as edition:
        described = edition.execute(
            "select table_name, comment from duckdb_tables() union all "
            "select view_name, comment from duckdb_views() where not internal"
        ).fetchall()
    assert len(described) == len(names("views"))
    assert [name for name, comment in described if not str(comment).startswith("One row")] == []


@pytest.mark.parametrize("name", names("views"))
def test_every_view_begins_with_what_one_row_is(name: str):
    assert statement(name).startswith("-- One row")


def test_an_edition_of_an_empty_home_answers_every_query(home: Home):
    with published(home) as edition:
        for (name,) in edition.execute(
            "select table_name from information_schema.tables"
        ).fetchall():
            edition.table(name).fetchall()
        for name in names("examples"):
            edition.execute(statement(name)).fetchall()


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_an_event_view_has_exactly_the_stored_columns(home: Home, kind: str):
    with published(home) as edition:
        view = edition.table(kind)
        columns = zip(view.columns, map(str, view.types), strict=True)
    assert tuple(columns) == KIND_BY_NAME[kind].stored()


def test_an_event_file_that_is_not_registered_is_not_published(home: Home):
    path = register(home, "transfers", "a.parquet", "select 't1' as transfer_id")
    write_parquet("transfers", path.with_name("b.parquet"), "select 't2' as transfer_id")
    assert read(home, "select transfer_id from transfers") == [("t1",)]


def test_the_example_of_volumes_leaves_out_busts_and_what_they_cancel(home: Home):
    register(
        home,
        "fills",
        "a.parquet",
        "select i::varchar as fill_id, timestamp '2025-03-22' as ts, 'spot' as product, "
        "i::decimal(28, 10) as notional_usd, case i when 9 then '3' end as busts "
        "from unnest([1, 2, 3, 9]) t(i)",
    )
    volumes = read(home, statement("examples/volume_by_week"))
    assert volumes == [("S1W01", "spot", 2, 3)]


def test_quotes_in_the_path_of_a_home_are_read_as_they_are(home: Home, tmp_path: Path):
    odd = create_home(tmp_path / 'it\'s "a"', "odd", rehearsal=False)
    with warehouse(odd) as connection:
        migrate(connection, NOW)
    register(odd, "logins", "a.parquet", "select 'l1' as login_id")
    with duckdb.connect(publish(odd, load_seasons(home), NOW).path, read_only=True) as edition:
        assert edition.execute("select login_id from logins").fetchall() == [("l1",)]


def test_an_edition_says_which_it_is_and_of_when(home: Home):
    publish(home, load_seasons(home), NOW)
    assert read(home, "from edition") == [(2, to_stored(NOW), home.home_id, False)]


def test_an_edition_cannot_be_written_to(home: Home):
    path = publish(home, load_seasons(home), NOW).path
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_the_link_points_at_the_newest_edition_and_old_ones_are_dropped(home: Home):
    editions = [publish(home, load_seasons(home), NOW) for _ in range(KEPT_EDITIONS + 2)]
    kept = [edition.path.name for edition in editions[-KEPT_EDITIONS:]]
    assert sorted(path.name for path in home.published.glob("winnow-*")) == kept
    assert (home.published / "current.duckdb").resolve() == editions[-1].path
    assert current_edition(home) == editions[-1].path


def test_a_reader_keeps_its_edition_after_it_has_been_dropped(home: Home):
    with published(home) as edition:
        for _ in range(KEPT_EDITIONS + 1):
            newest = publish(home, load_seasons(home), NOW)
        assert edition.execute("select edition from edition").fetchall() == [(1,)]
        with duckdb.connect(newest.path, read_only=True) as other:
            (number,) = other.execute("select edition from edition").fetchall()[0]
    assert number == newest.edition


def test_without_an_edition_one_is_told_how_to_make_one(home: Home):
    with pytest.raises(HomeError, match="winnow publish"):
        current_edition(home)


def test_what_a_killed_publisher_left_is_swept_and_its_number_is_not_used_again(home: Home):
    leftover = home.published / ".winnow-000001.duckdb.unfinished"
    leftover.write_bytes(b"half")
    finished = home.published / "winnow-000003.duckdb"
    finished.write_bytes(b"renamed, but not recorded and not linked")
    assert publish(home, load_seasons(home), NOW).edition == 4
    assert not leftover.exists()


def test_two_processes_that_publish_at_once_make_two_editions(home: Home):
    program = textwrap.dedent(
        f"""
        from datetime import UTC, datetime
        from pathlib import Path
        from jobs.publish import publish
        from jobs.season_files import load_seasons
        from warehouse.home import open_home
        home = open_home(Path({str(home.root)!r}))
        print(publish(home, load_seasons(home), datetime(2025, 4, 1, tzinfo=UTC)).edition)
        """
    )
    command = [sys.executable, "-c", program]
    publishers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    printed = sorted(int(publisher.communicate()[0]) for publisher in publishers)
    assert printed == [1, 2]
    assert current_edition(home).name == "winnow-000002.duckdb"


def test_the_state_of_a_week_follows_the_clock_and_the_books(home: Home):
    write_batch(home, 1, "issue", "", ISSUE, leaf=0)
    with transaction(home) as connection:
        connection.execute(
            "insert into closes by name select 1 as season, 1 as week, $1 as closed_at, "
            "timestamp '2025-03-21' as window_start, timestamp '2025-03-27' as window_end, "
            "[]::varchar[] as missing, '{}' as season_terms",
            [to_stored(NOW)],
        )
    states = read(home, "select label, state from weeks where week <= 3 order by week")
    assert states == [("S1W01", "issued"), ("S1W02", "open"), ("S1W03", "ahead")]


def test_windows_of_weeks_never_overlap(home: Home):
    overlaps = "select * from weeks a join weeks b on a.starts_at < b.starts_at "
    assert read(home, overlaps + "and b.starts_at < a.ends_at") == []


def test_an_issued_week_has_issued_its_emission(home: Home):
    write_batch(home, 1, "issue", "", ISSUE, leaf=0)
    found = read(
        home,
        "select issued_micropoints, emission_micropoints, owners from week_totals "
        "join weeks using (season, week) where state = 'issued'",
    )
    assert found == [(EMISSION, EMISSION, 3)]


def test_held_points_count_in_the_standings_like_any_others(home: Home):
    write_batch(home, 1, "issue", "", ISSUE, leaf=0)
    assert read(home, "select rank, owner_id, micropoints, tier from standings") == [
        (1, "ada", 6_000_123_456_789, "Challenger"),
        (2, "bob", 2_999_876_543_211, "Challenger"),
        (3, "cyd", 1_000_000_000_000, "Challenger"),
    ]


def test_before_the_reveal_nothing_tells_what_a_referee_in_a_case_brought(home: Home):
    write_batch(home, 1, "issue", "", ISSUE, leaf=0)
    points = read(
        home,
        "select owner_id, own_micropoints, held_micropoints, undivided_micropoints "
        "from points order by owner_id",
    )
    assert points == [
        ("ada", 0, 0, 6_000_123_456_789),
        ("bob", 0, 2_999_876_543_211, 0),
        ("cyd", 1_000_000_000_000, 0, 0),
    ]
    released: Entries = [
        ("held:ada", -123_456_789, "released", "bob"),
        ("owner:ada", 123_456_789, "released", None),
    ]
    write_batch(home, 1, "release", "C-1", released, leaf=1)
    with published(home) as edition:
        assert "123456789" not in everything_in(edition).replace("6000123456789", "")
        assert edition.execute("select * from entries where subject is not null").fetchall() == []


def test_after_the_reveal_the_ledger_is_published_line_by_line(home: Home):
    with transaction(home) as connection:
        store(connection, 1, "issue", "", ISSUE, leaf=0)
        reveal(connection, 1)
    lines = read(home, "select account, micropoints, reason, subject from entries order by line")
    assert lines == ISSUE


AMOUNTS = st.integers(1, 10**12)
OWNERS = st.sampled_from(["ada", "bob", "cyd", "dan"])
PARTS = st.dictionaries(st.tuples(OWNERS, st.none() | OWNERS), AMOUNTS, min_size=1, max_size=8)


@settings(max_examples=8, deadline=None)  # each publishes an edition
@given(weeks=st.lists(st.tuples(PARTS, st.booleans()), min_size=3, max_size=9))
def test_the_promises_of_the_points_hold_for_any_ledger(
    tmp_path_factory: pytest.TempPathFactory, weeks
):
    home = create_home(tmp_path_factory.mktemp("promises") / "home", "p", rehearsal=False)
    (home.seasons / "S1.toml").write_text(
        "season = 1\nopens = 2025-03-21T00:00:00Z\nfirst_cutoff = 2025-03-27T00:00:00Z\n"
    )
    with warehouse(home) as connection:
        migrate(connection, NOW)
        for number, (parts, revealed) in enumerate(weeks, start=1):
            store(connection, number, "issue", "", issue_of(number, parts), leaf=number)
            if revealed:
                reveal(connection, number)
    with published(home) as edition:
        for promise in PROMISES:
            assert edition.execute(promise).fetchall() == [], promise


def issue_of(number: int, parts: dict[tuple[str, str | None], int]) -> Entries:
    """Turn amounts by (owner, for whose sake it is held) into a week's entries."""
    lines: Entries = [(f"emission:S1W{number:02d}", -sum(parts.values()), "issued", None)]
    for (owner, subject), amount in parts.items():
        account = f"owner:{owner}" if subject is None else f"held:{owner}"
        lines.append((account, amount, "issued", subject))
    return lines


# Each finds what breaks a promise that a comment makes.
PROMISES = (
    "select batch_id from entries group by batch_id having sum(micropoints) <> 0",
    "select 1 from ledger_balances having sum(micropoints) <> 0",
    "from ledger_balances where micropoints < 0 and account not similar to '(emission|budget):.*'",
    "from points where micropoints <> own_micropoints + held_micropoints + undivided_micropoints",
    "from points where least(own_micropoints, held_micropoints, undivided_micropoints) < 0",
    "from week_totals where issued_micropoints + dropped_micropoints"
    " <> owners_micropoints + escrow_micropoints",
    "select season from standings full join"
    " (select season, owner_id, sum(micropoints) as theirs from points group by all)"
    " using (season, owner_id) where micropoints is distinct from theirs",
    "from standings s where rank <> 1 + (select count(*) from standings o"
    " where o.season = s.season and o.micropoints > s.micropoints)",
    "select season, week, kind, key from batches group by all having count(*) > 1",
    "from source_files where outcome = 'refused' and accepted > 0",
)


def everything_in(edition: duckdb.DuckDBPyConnection) -> str:
    """Return every cell of every table and view, as text."""
    tables = edition.execute("select table_name from information_schema.tables").fetchall()
    return "\n".join(str(edition.table(name).fetchall()) for (name,) in tables)
