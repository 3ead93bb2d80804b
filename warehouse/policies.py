"""Policies as they are kept, and what they are asked about: cases, their chains, what is held.

All functions take an open connection; `store_policy` expects to run inside a transaction.
"""

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from warehouse.connection import Connection, frame, rows
from warehouse.errors import PolicyError
from warehouse.instants import to_stored
from warehouse.moves import UNDECIDED
from warehouse.statements import statement


def store_policy(
    connection: Connection, sha256: str, version: str, text: str, now: datetime
) -> None:
    """Keep the text of a policy that somebody decides by; one that is kept already stays.

    Args:
        connection: The warehouse, inside a transaction.
        sha256: Of the text, in hexadecimal.
        version: How the text calls itself.
        text: The whole file.
        now: The clock.

    Raises:
        PolicyError: Another text was used under this version.
    """
    known = rows(connection, "select policy_sha256 from policies where version = $1", [version])
    if known == [(sha256,)]:
        return
    if known:
        raise PolicyError(
            f"decisions were made by another text of policy {version!r}; give this one a new "
            "version"
        )
    connection.execute(
        "insert into policies values ($1, $2, $3, $4)", [sha256, version, text, to_stored(now)]
    )


def load_policy_text(connection: Connection, sha256: str) -> str:
    """Return the text of a policy that somebody decided by.

    Raises:
        PolicyError: None with this digest was ever used.
    """
    known = rows(connection, "select text from policies where policy_sha256 = $1", [sha256])
    if not known:
        raise PolicyError(f"no decision was made by a policy with the SHA-256 {sha256!r}")
    return str(known[0][0])


def undecided_cases(connection: Connection) -> tuple[str, ...]:
    """Return the ids of the cases that are open or under review, sorted."""
    found = rows(
        connection,
        "select case_id from cases where list_contains($1, state) order by case_id",
        [list(UNDECIDED)],
    )
    return tuple(case_id for (case_id,) in found)


def load_case_facts(connection: Connection, case_ids: Sequence[str]) -> pl.DataFrame:
    """Return what the warehouse knows of cases that a policy may ask about.

    Returns:
        case_id, as_of (where the detection stopped looking), score, owners, accounts (both with
        those confirmed in earlier cases of the chain), shared_devices, families (sorted list); one
        row a case that there is, sorted.
    """
    return frame(connection, statement("policies/case_facts"), {"case_ids": list(case_ids)})


def load_case_members(connection: Connection, case_ids: Sequence[str]) -> pl.DataFrame:
    """Return the members of cases: case_id, account_id, owner_id, sorted."""
    return frame(
        connection,
        "select case_id, account_id, owner_id from case_members "
        "where case_id in (select unnest($case_ids)) order by all",
        {"case_ids": list(case_ids)},
    )
