"""A synthetic home with ten issued weeks and decided cases, for measuring enforcement.

    python -m benchmarks.season HOME OWNERS CASES

The home is made and has its accounts already. Amounts are drawn, not earned: nobody traded, so the
issues cannot be replayed; everything after them can. In the order of a real season: the cases are
found, eight weeks are issued while they are open, all but a few cases are decided at once and given
notice of, and two more weeks are issued before appeals are over.
"""

import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Final

import polars as pl

from benchmarks.decisions import decide_cases
from jobs.batches import Draft, write_batch
from jobs.clock import real_now
from jobs.formula import seal
from jobs.issue import Inputs, input_digests, load_inputs
from jobs.keys import Keys, load_keys
from jobs.season_files import load_seasons
from jobs.settings import read_settings
from seasons.allocation import Split, apportion
from seasons.enforcement import blocking
from seasons.issuance import Issue, issue_entries
from seasons.terms import Terms
from warehouse import ledger
from warehouse.cases import moves_count
from warehouse.connection import transaction, warehouse
from warehouse.detections import DetectionRun, store_detection
from warehouse.events import store_close
from warehouse.findings import (
    CLUSTERS_SCHEMA,
    EDGES_SCHEMA,
    HUBS_SCHEMA,
    MEMBERS_SCHEMA,
    CaseChange,
    Detection,
)
from warehouse.home import Home, open_home
from warehouse.records import Week

WEEKS: Final = 10
WEEKS_BEFORE_DECISIONS: Final = 8
MEMBERS: Final = 10
"""Owners of a case; of every 25 owners one is in a decided case, until there are enough."""

OPEN_CASES: Final = 10
"""Cases that stay undecided, to be decided by whoever measures that."""

AFTER_ISSUE: Final = timedelta(hours=1)
_FORMULA: Final = Path(__file__).parent / "formula.toml"
_NO_ENTRIES: Final = pl.DataFrame(schema={"owner_id": pl.String, "reason": pl.String})


@dataclass(frozen=True)
class Bulk:
    """How much to make.

    Attributes:
        owners: Each earns every week; at least 25 times those in cases.
        cases: That are decided; of `MEMBERS` owners each.
    """

    owners: int
    cases: int


def make_season(home: Home, keys: Keys, bulk: Bulk) -> None:
    """Issue ten weeks, and decide the cases after the eighth."""
    (terms,) = load_seasons(home)
    weeks = [terms.calendar.week(number) for number in range(1, WEEKS + 1)]
    for week in weeks:
        seal(home, keys, _FORMULA.read_text(encoding="utf-8"), week, real_now=real_now())
    changes = [_opened(name, owners) for name, owners in case_owners(bulk).items()]
    _find_cases(home, changes, weeks[0].end, bulk)
    for week in weeks[:WEEKS_BEFORE_DECISIONS]:
        _issue(home, keys, terms, week, bulk)
    decided_at = decisions_at(terms)
    decide_cases(home, keys, [change.case_id for change in changes[: bulk.cases]], decided_at)
    for week in weeks[WEEKS_BEFORE_DECISIONS:]:
        _issue(home, keys, terms, week, bulk)


def decisions_at(terms: Terms) -> datetime:
    """Return when the cases are decided, and notice is given."""
    return terms.calendar.week(WEEKS_BEFORE_DECISIONS).issue_at + AFTER_ISSUE


def case_owners(bulk: Bulk) -> dict[str, list[str]]:
    """Return the owners of each case; those that stay open come last."""
    decided = {
        _case_id(case): [_owner(25 * (MEMBERS * case + place) + 1) for place in range(MEMBERS)]
        for case in range(bulk.cases)
    }
    still_open = {
        _case_id(bulk.cases + case): [
            _owner(25 * (MEMBERS * case + place) + 2) for place in range(MEMBERS)
        ]
        for case in range(min(OPEN_CASES, bulk.cases))
    }
    return decided | still_open


def _case_id(number: int) -> str:
    return f"C-{number:012x}"


def _owner(number: int) -> str:
    return f"a{10_000_000 + number}"


def _opened(case_id: str, owners: list[str]) -> CaseChange:
    edges = [
        (a, b, "device", "device", case_id, len(owners), 9_000, True, None, None, 2, a, b)
        for a, b in combinations(sorted(owners), 2)
    ]
    return CaseChange(
        case_id=case_id,
        cluster_id=f"K-{case_id}",
        move="opened",
        score=0.9,
        reason="they share a synthetic device",
        members=pl.DataFrame({"account_id": owners, "owner_id": owners}),
        evidence=pl.DataFrame(edges, schema=EDGES_SCHEMA, orient="row"),
    )


def _find_cases(home: Home, changes: list[CaseChange], now: datetime, bulk: Bulk) -> None:
    """Open the cases the way the detection does."""
    nothing_else = Detection(
        edges=pl.DataFrame(schema=EDGES_SCHEMA),
        pairs=pl.DataFrame(),
        clusters=pl.DataFrame(schema=CLUSTERS_SCHEMA),
        members=pl.DataFrame(schema=MEMBERS_SCHEMA),
        hubs=pl.DataFrame(schema=HUBS_SCHEMA),
        scores=pl.DataFrame(),
    )
    run = DetectionRun(as_of=now, started_at=now, accounts=bulk.owners, terms="{}")
    with transaction(home) as connection:
        store_detection(connection, run, nothing_else, changes)


def _issue(home: Home, keys: Keys, terms: Terms, week: Week, bulk: Bulk) -> None:
    """Close a week's books over their gap, and write an issue of drawn amounts."""
    with transaction(home) as connection:
        close = store_close(
            connection,
            week,
            now=week.issue_at,
            season_terms=terms.model_dump_json(),
            required=(),
            accept_missing="synthetic amounts, nobody traded",
        )
    with warehouse(home, read_only=True) as connection:
        inputs = load_inputs(connection, home, keys, close)
    drawn = _drawn(inputs, bulk)
    with transaction(home) as connection:
        draft = Draft(
            season=week.season,
            week=week.number,
            kind="issue",
            key="",
            entries=drawn.entries,
            moves=moves_count(connection),
            inputs=input_digests(inputs, drawn),
        )
        write_batch(connection, home, keys, draft, week.issue_at)
        ledger.store_exclusions(connection, week, drawn.exclusions)


def _drawn(inputs: Inputs, bulk: Bulk) -> Issue:
    """Draw a week's split: few earn much, many earn little; one in ten refers the next owner.

    From integers alone, so that the same numbers come out anywhere.
    """
    number = pl.int_range(bulk.owners, dtype=pl.Int64)
    drawn = (number * 2_654_435_761 + inputs.week.number * 40_503) % 2**20
    owners = pl.select(
        number.alias("number"),
        pl.concat_str(pl.lit("a"), (number + 10_000_000).cast(pl.String)).alias("owner_id"),
        (drawn * drawn * drawn // 2**40 + 1).cast(pl.Int128).alias("weight"),
    )
    paid = apportion(owners.select("owner_id", "weight"), inputs.terms.emission)
    referrers = owners.filter(pl.col("number") % 10 == 0).join(paid, on="owner_id")
    referred = referrers.select(
        "owner_id",
        pl.concat_str(pl.lit("a"), (pl.col("number") + 10_000_001).cast(pl.String)).alias(
            "referee_id"
        ),
        pl.col("micropoints") // 5,
    ).filter(pl.col("micropoints") > 0)
    split = Split(paid.select(pl.lit("drawn").alias("pool"), pl.all()), paid, referred)
    return Issue(issue_entries(inputs.week, split, blocking(inputs.involved)), _NO_ENTRIES, split)


if __name__ == "__main__":
    place, owners, cases = sys.argv[1:]
    opened = open_home(Path(place))
    make_season(opened, load_keys(opened, read_settings({})), Bulk(int(owners), int(cases)))
