"""Simulates a season, ingests it into a home, and keeps the simulator's truth beside it.

python -m benchmarks.peers.making FOLDER SEED ACCOUNTS WEEKS
"""

import shutil
import sys
from datetime import UTC
from pathlib import Path

from benchmarks.peers.season import BEGINS, TRUTH
from jobs.ingest import ingest
from jobs.settings import Settings
from rehearsal.home import far_calendar, make_home, write_keys
from rehearsal.play import season_plan
from simulator.exchange import open_exchange, play_week
from simulator.people import truth
from simulator.simulation import write_week


def make(folder: Path, seed: int, accounts: int, weeks: int) -> None:
    """Make the season of a seed in an empty folder."""
    plan, calendar = season_plan(seed, accounts, weeks), far_calendar(weeks)
    root, feed = folder / "home", folder / "feed"
    feed.mkdir(parents=True)
    write_keys(root, seed)
    home, keys = make_home(root, Settings(), calendar)
    exchange = open_exchange(plan)
    for week in calendar.all_weeks():
        exchange, rows = play_week(exchange, week.number)
        files = write_week(feed, plan, plan.span(week.number), rows)
        ingest(home, keys.identifier, files, week.end)
    shutil.rmtree(feed)
    opens = calendar.opens.astimezone(UTC).replace(tzinfo=None)
    (folder / BEGINS).write_text(opens.isoformat(), encoding="utf-8")
    truth(exchange.people, exchange.planted.targeted).write_parquet(folder / TRUTH)


if __name__ == "__main__":
    make(Path(sys.argv[1]), *map(int, sys.argv[2:]))
