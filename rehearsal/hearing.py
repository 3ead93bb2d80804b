"""What operators are told of their accounts in a week: the hold at the issue, and the notice.

At the issue everybody sees which of their points are held, and nothing of why: 'held' stands where
a notice has a family of evidence. Who gets notice of a confirmed case is told the families.
"""

from typing import Final

import polars as pl

from simulator.patterns import TOLD
from warehouse import ledger
from warehouse.connection import Connection, warehouse
from warehouse.detections import load_book
from warehouse.home import Home
from warehouse.records import Week

HELD: Final = "held"


def told_of_week(
    home: Home, week: Week, owners: pl.DataFrame, confirmed: tuple[str, ...]
) -> pl.DataFrame:
    """Return what operators are told in a week.

    Args:
        home: The home, in which the week is issued and reviewed.
        week: Which week.
        owners: account_id, owner_id: of everybody so far.
        confirmed: case_id of the cases that were confirmed.

    Returns:
        `simulator.patterns.TOLD`, sorted: accounts whose own points of the week were held, with
        'held'; accounts that a confirmed case takes something from, with each family of its
        evidence that touched them.
    """
    with warehouse(home, read_only=True) as connection:
        held = _held(connection, week, owners)
        noticed = _noticed(connection, confirmed)
    return pl.concat([held, noticed]).unique().sort("account_id", "family")


def _held(connection: Connection, week: Week, owners: pl.DataFrame) -> pl.DataFrame:
    stored = ledger.find_batch(connection, week.season, week.number, "issue")
    if stored is None:
        return TOLD.to_frame()
    entries = ledger.load_entries(connection, stored.batch.batch_id)
    held = entries.filter(reason="held_case_of_owner").select(owner_id="subject")
    return owners.join(held, on="owner_id", how="semi").select("account_id", family=pl.lit(HELD))


def _noticed(connection: Connection, confirmed: tuple[str, ...]) -> pl.DataFrame:
    """Return accounts and families as notices name them.

    Evidence that others could have brought about alone is told only where there is no other.
    """
    book = load_book(connection)
    cases = pl.col("case_id").is_in(confirmed)
    decided = book.verdicts.filter(cases, pl.col("keep_bps") < 10_000).select("case_id", "owner_id")
    accounts = book.members.join(decided, on=["case_id", "owner_id"])
    touching = pl.concat(
        book.evidence.filter(cases).select("case_id", "family", "two_sided", owner_id=end)
        for end in ("owner_a", "owner_b")
    )
    strong = pl.col("two_sided").any().over("case_id", "owner_id")
    told = touching.filter(pl.col("two_sided") | ~strong)
    return accounts.join(told, on=["case_id", "owner_id"]).select("account_id", "family")
