"""Previews: what the issue would pay, without writing anything."""

from collections.abc import Callable
from datetime import timedelta

from jobs.formula import load_formula
from jobs.issue import issue
from jobs.keys import Keys
from jobs.preview import preview, preview_text
from warehouse import ledger, log
from warehouse.connection import warehouse
from warehouse.events import load_close
from warehouse.home import Home
from warehouse.records import Week

OTHER = """
[[pool]]
name = "days"
share_bps = 10000
measure = "trading_days"
curve = { kind = "linear" }
"""


def test_a_preview_is_what_the_issue_then_pays(
    season_home: Home, season_keys: Keys, week: Callable[[str], Week]
) -> None:
    first = week("S1W01")
    with warehouse(season_home, read_only=True) as connection:
        formula = load_formula(season_home, season_keys, connection, 1, 1)
    before = preview(season_home, formula, first, first.end, largest=3)
    issued = issue(season_home, season_keys, first, first.issue_at)
    after = preview(season_home, formula, first, first.issue_at, largest=3)
    assert (before.closed, after.closed) == (False, True)
    assert before.pools == after.pools
    assert (before.owners, before.issued_micropoints) == (issued.owners, issued.issued_micropoints)
    with warehouse(season_home, read_only=True) as connection:
        points = dict(ledger.season_points(connection, 1).iter_rows())
    assert {owner.owner_id: owner.micropoints for owner in before.largest} == {
        owner: points[owner] for owner in sorted(points, key=points.__getitem__)[-3:]
    }


def test_a_preview_writes_nothing(season_home: Home, week: Callable[[str], Week]) -> None:
    first = week("S1W01")
    seen = preview_text(season_home, OTHER, first, first.end)
    assert seen.issued_micropoints == 10_000_000_000_000
    assert [pool.pool for pool in seen.pools] == ["days"]
    with warehouse(season_home, read_only=True) as connection:
        assert load_close(connection, 1, 1) is None
        assert ledger.batches(connection) == ()
        assert log.size(connection) == 2  # the two commitments of the prepared home


def test_a_week_can_be_previewed_while_its_window_is_open(
    season_home: Home, week: Callable[[str], Week]
) -> None:
    second = week("S1W02")
    seen = preview_text(season_home, OTHER, second, second.start + timedelta(days=3))
    assert not seen.closed
    assert seen.owners > 0
