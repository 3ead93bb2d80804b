"""Analysts read whole editions while another process writes and publishes, and never wait."""

import subprocess
import sys
import textwrap
import time

import duckdb

from warehouse.home import Home

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from jobs.publish import publish
from jobs.season_files import load_seasons
from warehouse.connection import transaction
from warehouse.home import open_home

home = open_home(Path(sys.argv[1]))
now = datetime(2025, 6, 30, tzinfo=UTC)
events = home.events / "transfers" / "day=2025-03-22"
events.mkdir(parents=True)
for week in range(1, int(sys.argv[2]) + 1):
    with transaction(home) as connection:
        path = events / f"{week}.parquet"
        connection.execute(f'''
            copy (
                select i::varchar as transfer_id, timestamp '2025-03-22' as ts, 'a' as source,
                    'b' as destination, 'USDC' as asset, 1::decimal(38, 12) as amount,
                    1::decimal(28, 10) as amount_usd, null::varchar as tx_hash,
                    null::varchar as kind
                from range(1000) t(i)
            ) to '{path}' (format parquet)
        ''')
        connection.execute(
            "insert into event_files values ($1, 'transfers', date '2025-03-22', 1000, 0, 0, "
            "timestamp '2025-03-22', timestamp '2025-03-22', 'aa', 'bb', now()::timestamp)",
            [path.relative_to(home.root).as_posix()],
        )
        connection.execute(
            "insert into batches values "
            "($1, 1, $2, 'issue', '', now()::timestamp, 5001, 'x', $2, 0)",
            [f"S1W{week:02d}/issue", week],
        )
        connection.execute(
            "insert into entries select $1, 0, $2, -10000000000000, 'issued', null union all "
            "select $1, i + 1, 'owner:' || i, 2000000000, 'issued', null from range(5000) t(i)",
            [f"S1W{week:02d}/issue", f"emission:S1W{week:02d}"],
        )
    publish(home, load_seasons(home), now)
"""

READER = textwrap.dedent(
    """
    import sys, time, duckdb
    deadline, editions = time.monotonic() + 60, set()
    while time.monotonic() < deadline:
        with duckdb.connect(sys.argv[1], read_only=True) as season:
            ((edition,),) = season.execute("select edition from edition").fetchall()
            totals = season.execute(
                "select issued_micropoints, owners_micropoints from week_totals"
            ).fetchall()
            assert totals == [(10**13, 10**13)] * edition, (edition, totals)
            ((rows,),) = season.execute("select count(*) from transfers").fetchall()
            assert rows == 1000 * edition, (edition, rows)
            ((total,),) = season.execute("select sum(micropoints) from standings").fetchall()
            assert total == 10**13 * edition, (edition, total)
        editions.add(edition)
        if edition == int(sys.argv[2]):
            break
    print(len(editions))
    """
)


def test_a_second_process_reads_consistent_editions_while_the_first_writes(home: Home):
    weeks = 8
    link = home.published / "current.duckdb"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(home.root), str(weeks)])
    deadline = time.monotonic() + 30
    while not link.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    reader = subprocess.run(
        [sys.executable, "-c", READER, str(link), str(weeks)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert writer.wait() == 0
    assert reader.stderr == ""
    assert int(reader.stdout) > 1, "the reader saw only one edition; nothing was tested"
    with duckdb.connect(str(link.resolve()), read_only=True) as season:
        assert season.execute("select edition from edition").fetchall() == [(weeks,)]
