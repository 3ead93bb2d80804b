"""Whatever is proposed by hand, in any order: budgets hold, and nobody falls below zero."""

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.batches import Draft, write_batch
from jobs.keys import load_keys
from jobs.proposal_checks import check_proposals
from jobs.proposals import put_forward
from jobs.settings import read_settings
from seasons.proposals import LINES_SCHEMA, Proposal
from warehouse import ledger
from warehouse.connection import transaction, warehouse
from warehouse.errors import ProposalError
from warehouse.home import Home, open_home
from warehouse.proposals import left_budget

NOW = datetime(2025, 4, 2, tzinfo=UTC)
OWNERS = tuple("abcd")
EMISSION = 1_000_000_000_000
LIMIT = 250_000_000_000  # of the preset's budget
AMOUNTS = st.one_of(st.integers(-(4 * 10**11), -1), st.integers(1, 2 * 10**11))
ADJUSTMENTS = st.tuples(
    st.just("adjust"), st.dictionaries(st.sampled_from(OWNERS), AMOUNTS, min_size=1)
)
DROPS = st.tuples(
    st.just("drop"),
    st.dictionaries(st.sampled_from(OWNERS), st.integers(1, 2 * 10**11), min_size=1),
)


def proposal(kind: str, lines: dict[str, int], number: int) -> Proposal:
    rows = [(owner, amount, "by hand") for owner, amount in sorted(lines.items())]
    week, sort = (1, "") if kind == "adjust" else (0, "bonus")
    frame = pl.DataFrame(rows, LINES_SCHEMA, orient="row")
    return Proposal(kind, 1, week, sort, "corrections", f"n-{number}", "by hand", frame)


def issue_a_week(home: Home, keys) -> None:
    share = EMISSION // len(OWNERS)
    rows = [("emission:S1W01", -EMISSION, "issued", None)]
    rows += [(f"owner:{owner}", share, "issued", None) for owner in OWNERS[:-1]]
    rows += [(f"held:{OWNERS[-1]}", share, "held_case_of_owner", OWNERS[-1])]
    entries = pl.DataFrame(rows, ledger.ENTRY_SCHEMA, orient="row")
    with transaction(home) as connection:
        write_batch(connection, home, keys, Draft(1, 1, "issue", "", entries, 0, {}), NOW)


def state(home: Home) -> tuple[pl.DataFrame, int, list[tuple[str, str]]]:
    with warehouse(home, read_only=True) as connection:
        return (
            ledger.balances(connection),
            left_budget(connection, 1, "corrections"),
            list(check_proposals(home, connection)),
        )


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(ADJUSTMENTS, DROPS), min_size=1, max_size=3))
def test_budgets_hold_whatever_is_asked(pristine: Path, asked):
    with tempfile.TemporaryDirectory() as place:
        for name in ("home", "home.keys"):
            shutil.copytree(pristine / name, Path(place) / name)
        home = open_home(Path(place) / "home")
        keys = load_keys(home, read_settings({}))
        issue_a_week(home, keys)
        for number, (kind, lines) in enumerate(asked):
            wanted = proposal(kind, lines, number)
            before, left, _ = state(home)
            try:
                put_forward(home, keys, wanted, "anna", NOW)
                done = put_forward(home, keys, wanted, "ben", NOW)
            except ProposalError:
                assert left + sum(amount for amount in lines.values() if amount > 0) > LIMIT
                assert state(home)[0].equals(before)
                continue
            after, now_left, wrong = state(home)
            assert wrong == []
            assert now_left == left + done.given_micropoints - done.taken_micropoints
            assert now_left <= LIMIT or done.given_micropoints <= done.taken_micropoints
            assert done.taken_micropoints + done.owed_micropoints == -sum(
                amount for amount in lines.values() if amount < 0
            )
            of_people = after.filter(pl.col("account").str.contains("^(owner|held):"))
            assert of_people.filter(pl.col("micropoints") < 0).is_empty()
            assert of_people["micropoints"].sum() == EMISSION + now_left
