"""What becomes of held points and of escrow: from lines, verdicts and involved owners to entries.

A held line has an owner and a subject: the owner whose cases decide what becomes of it. What an
owner earned alone has the owner as subject; a referrer's share of what a referee earned has the
referee. A verdict says how much an owner keeps; of a line is kept the smallest part that a case's
verdicts on its owner and its subject say, rounded up, so that rounding never takes from anybody.

Every result is sorted, the same for any order of the rows, and checked by a second road.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from seasons.accounts import (
    ESCROW_LINES,
    HELD_LINES,
    OWN_LINES,
    escrow_account,
    held_account,
    owner_account,
    typed,
)
from seasons.allocation import apportion
from seasons.formulas import BPS
from seasons.verdicts import (
    checked_verdicts,
    keeps_of_lines,
    shrink,
    take_in_turn,
    total,
)
from warehouse.errors import AllocationError

INVOLVED: Final = pl.Schema(
    {"owner_id": pl.String, "case_id": pl.String, "state": pl.String, "decision": pl.Int32}
)
COVERED: Final = pl.Schema({"case_id": pl.String, "season": pl.Int32, "week": pl.Int32})
COVERED_DECISIONS: Final = pl.Schema([*COVERED.items(), ("decision", pl.Int32)])
REACHED_BACK: Final = pl.Schema(
    {name: of for name, of in ESCROW_LINES.items() if name != "subject"}
)

_OWN: Final = owner_account(pl.col("owner_id"))
_HELD: Final = held_account(pl.col("owner_id"))
_NOBODY: Final = pl.lit(None, pl.String).alias("subject")
_ESCROW: Final = escrow_account(pl.col("case_id"), pl.col("owner_id"))


@dataclass(frozen=True)
class Redistribution:
    """What one week's escrow becomes.

    Attributes:
        entries: account, micropoints, reason, subject, in the order of the batch; adds up to zero.
        to_owners: Micropoints that go to owners.
        to_reserve: Micropoints that go to the reserve, because there was no owner to have them.
    """

    entries: pl.DataFrame
    to_owners: int
    to_reserve: int


# What is due -----------------------------------------------------------------------------------


def blocking(involved: pl.DataFrame) -> frozenset[str]:
    """Return the owners whose new points are held: in an open case, or confirmed and not final.

    Args:
        involved: `INVOLVED`, one row per owner and case that is not over for them.
    """
    waiting = involved.filter(pl.col("state").is_in(["open", "confirmed"]))
    return frozenset(waiting["owner_id"].to_list())


def releases_due(held: pl.DataFrame, involved: pl.DataFrame, covered: pl.DataFrame) -> pl.DataFrame:
    """Return the held lines that nothing keeps any longer.

    A line waits while its owner or its subject is in an open case, or is confirmed in a case whose
    decision has not yet taken its part of that week.

    Args:
        held: `HELD_LINES`.
        involved: `INVOLVED`: state 'open', 'confirmed' (with the number of the deciding move) or
            'final'.
        covered: `COVERED_DECISIONS`: the weeks of which a decision has taken its part.

    Returns:
        The free lines of `held` with something in them, sorted.

    Raises:
        AllocationError: A line is listed twice, or would be released into an open case.
    """
    lines = _numbered(held, HELD_LINES)
    parties = pl.concat(
        lines.select("line", "season", "week", pl.col(party).alias("owner_id"))
        for party in ("owner_id", "subject")
    )
    taken = typed(covered, COVERED_DECISIONS).with_columns(pl.lit("confirmed").alias("state"))
    kept = (
        parties.join(typed(involved, INVOLVED), on="owner_id")
        .filter(pl.col("state").ne_missing("final"))
        .join(taken, on=[*COVERED_DECISIONS, "state"], how="anti")
    )
    due = lines.join(kept, on="line", how="anti").drop("line")
    _check_released(due, involved)
    return due.sort("season", "week", "owner_id", "subject", nulls_last=True)


def seizures_due(held: pl.DataFrame, verdicts: pl.DataFrame, covered: pl.DataFrame) -> pl.DataFrame:
    """Return what verdicts take of held lines.

    A line that several cases touch is taken from case by case, in the order of their ids, each
    time from what is left.

    Args:
        held: `HELD_LINES`.
        verdicts: `VERDICTS`: what each decided owner of each case keeps; 10,000 where cleared.
        covered: `COVERED`: weeks of which a case has taken its part already.

    Returns:
        `ESCROW_LINES` with something in them, sorted.

    Raises:
        AllocationError: A verdict or a line is malformed, or the parts do not add up.
    """
    lines = _numbered(held, HELD_LINES)
    if lines["subject"].null_count():
        raise AllocationError("a held line has no subject, so no verdict can be found for it")
    keeps = keeps_of_lines(lines, checked_verdicts(verdicts))
    due = keeps.join(typed(covered, COVERED), on=list(COVERED), how="anti")
    return _sorted(typed(take_in_turn(lines, due), ESCROW_LINES))


def reach_back_due(
    own: pl.DataFrame,
    verdicts: pl.DataFrame,
    from_week: Mapping[str, tuple[int, int]],
    covered: pl.DataFrame,
) -> pl.DataFrame:
    """Return what verdicts take of the owners' own points of earlier weeks.

    To be asked of the balances before the decision's own releases: what a decision lets an owner
    keep of a held line is not taken from once more.

    Args:
        own: `OWN_LINES`.
        verdicts: `VERDICTS`.
        from_week: Of each case that reaches back, the season and its first week to take from.
        covered: `COVERED`: weeks which a case has reached back to already.

    Returns:
        `REACHED_BACK`: season, week, case_id, owner_id, micropoints; each positive; sorted.

    Raises:
        AllocationError: A verdict or a line is malformed, or the parts do not add up.
    """
    checked = checked_verdicts(verdicts)
    decided = own.join(checked, on="owner_id", how="semi")
    lines = _numbered(decided, OWN_LINES).with_columns(_NOBODY)
    reach = pl.DataFrame(
        [(case_id, *week) for case_id, week in from_week.items()],
        schema={"case_id": pl.String, "season": pl.Int32, "from_week": pl.Int32},
        orient="row",
    )
    due = (
        keeps_of_lines(lines, checked)
        .join(reach, on=["case_id", "season"])
        .filter(pl.col("week") >= pl.col("from_week"))
        .join(typed(covered, COVERED), on=list(COVERED), how="anti")
    )
    return _sorted(typed(take_in_turn(lines, due), ESCROW_LINES)).drop("subject")


def restorations_due(
    escrow: pl.DataFrame, before: pl.DataFrame, after: pl.DataFrame
) -> pl.DataFrame:
    """Return what goes back because verdicts now let owners keep more.

    Escrow e of a line of which k1 was kept shrinks to e · (10000 − k2) // (10000 − k1), where k2
    is kept from now on; the rest goes back. So steps end where one step would, or less than a
    micropoint further in the owner's favour.

    Args:
        escrow: `ESCROW_LINES`; lines of cases without a verdict stay as they are.
        before: `VERDICTS` that the escrow was taken by.
        after: `VERDICTS` of the same cases and owners, as they are from now on.

    Returns:
        `ESCROW_LINES` with what goes back, each positive; sorted.

    Raises:
        AllocationError: The verdicts name different owners, let somebody keep less than before, or
            never took what lies in escrow; or the parts do not add up.
    """
    lines = _numbered(escrow, ESCROW_LINES)
    known = _keeps_before_and_after(lines, checked_verdicts(before), checked_verdicts(after))
    loosened = pl.col("keep_bps") <= pl.col("keep_after")
    if not known.select((loosened & (pl.col("keep_bps") < BPS)).all()).item():
        raise AllocationError(
            "escrow goes back only by verdicts that keep more than those it was taken by"
        )
    return _sorted(typed(shrink(known), ESCROW_LINES))


def decide_redistribution(
    escrow: pl.DataFrame, own: pl.DataFrame, involved: pl.DataFrame
) -> Redistribution:
    """Split one week's escrow, once, over that week's owners whom no case involves.

    Args:
        escrow: case_id, owner_id, subject, micropoints: what lies in escrow of one origin week, of
            the cases that become final.
        own: owner_id, micropoints: what is the owners' own of that week, which is the weight.
        involved: owner_id, ...: everybody in an open case, or confirmed in any case, final or not.

    Raises:
        AllocationError: The amounts cannot be split exactly, or do not add up.
    """
    amount = total(escrow["micropoints"])
    entitled = own.filter(pl.col("micropoints") > 0).join(involved, on="owner_id", how="anti")
    to_reserve = amount if entitled.is_empty() else 0
    if to_reserve or not amount:
        back = pl.DataFrame({"account": ["reserve"], "micropoints": [to_reserve]})
    else:
        weights = entitled.select("owner_id", pl.col("micropoints").cast(pl.Int128).alias("weight"))
        back = apportion(weights, amount).select(_OWN.alias("account"), "micropoints")
    entries = _entries("redistributed", _debits(escrow, _ESCROW), back)
    _check_redistributed(entries, amount, involved)
    return Redistribution(entries, amount - to_reserve, to_reserve)


# Entries of one origin week --------------------------------------------------------------------


def seize_entries(seized: pl.DataFrame) -> pl.DataFrame:
    """Return the entries that move one week's seized points into escrow; they keep their subject.

    Args:
        seized: case_id, owner_id, subject, micropoints, of one origin week.

    Returns:
        account, micropoints, reason, subject; sorted by account, reason and subject; adds up to
        zero. So do the entries of the functions below.
    """
    return _entries("seized", _debits(seized, _HELD), _credits(seized, _ESCROW))


def reach_back_entries(reached: pl.DataFrame) -> pl.DataFrame:
    """Return the entries that move one earlier week's own points into escrow, without subject.

    Args:
        reached: case_id, owner_id, micropoints, of one origin week.
    """
    lines = reached.with_columns(_NOBODY)
    return _entries("reached_back", _debits(lines, _OWN), _credits(lines, _ESCROW))


def restore_entries(restored: pl.DataFrame) -> pl.DataFrame:
    """Return the entries that move one week's points out of escrow to where they were taken from.

    Args:
        restored: case_id, owner_id, subject, micropoints, of one origin week. Without a subject
            they were the owner's own, with one they were held.
    """
    place = pl.when(pl.col("subject").is_null()).then(_OWN).otherwise(_HELD)
    return _entries("restored", _debits(restored, _ESCROW), _credits(restored, place))


def release_entries(released: pl.DataFrame) -> pl.DataFrame:
    """Return the entries that move one week's released points to their owners.

    Args:
        released: owner_id, subject, micropoints, of one origin week.
    """
    to_owners = released.with_columns(_NOBODY)
    return _entries("released", _debits(released, _HELD), _credits(to_owners, _OWN))


def _debits(lines: pl.DataFrame, account: pl.Expr) -> pl.DataFrame:
    return _credits(lines, account).with_columns(-pl.col("micropoints"))


def _credits(lines: pl.DataFrame, account: pl.Expr) -> pl.DataFrame:
    """Return account, subject, micropoints: one row for each account and subject."""
    total(lines["micropoints"])  # where the whole fits 64 bits, so does every sum
    listed = lines.group_by(account.alias("account"), "subject")
    return listed.agg(pl.col("micropoints").sum())


def _entries(reason: str, out: pl.DataFrame, back: pl.DataFrame) -> pl.DataFrame:
    """Return debits and credits of different accounts as entries, and check that they balance."""
    entries = (
        pl.concat([out, back], how="diagonal")
        .filter(pl.col("micropoints") != 0)
        .select("account", "micropoints", pl.lit(reason).alias("reason"), "subject")
        .sort("account", "subject", nulls_last=True)
    )
    if sum(entries["micropoints"].to_list()) != 0:
        raise AllocationError(f"entries that are {reason!r} do not add up to zero")
    return entries


# Lines and what is kept of them ----------------------------------------------------------------


def _numbered(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """Return the lines that have something in them, in their types, with a number `line`."""
    lines = typed(frame, schema).filter(pl.col("micropoints") > 0)
    if lines.select(name for name in schema if name != "micropoints").is_duplicated().any():
        raise AllocationError("a line is listed twice; each has one balance")
    return lines.with_row_index("line")


def _keeps_before_and_after(
    lines: pl.DataFrame, before: pl.DataFrame, after: pl.DataFrame
) -> pl.DataFrame:
    """Return the lines of escrow that the verdicts of their case touch: keep_bps, keep_after."""
    pairs = [set(keeps.select("case_id", "owner_id").rows()) for keeps in (before, after)]
    if pairs[0] != pairs[1]:
        raise AllocationError("the verdicts before and after name different cases or owners")
    of_line = ["line", "case_id"]
    old = keeps_of_lines(lines, before).select(*of_line, "keep_bps")
    new = keeps_of_lines(lines, after).select(*of_line, pl.col("keep_bps").alias("keep_after"))
    return lines.join(old, on=of_line).join(new, on=of_line)


def _sorted(lines: pl.DataFrame) -> pl.DataFrame:
    by = ("season", "week", "case_id", "owner_id", "subject")
    return lines.filter(pl.col("micropoints") > 0).sort(by, nulls_last=True)


# Second roads ----------------------------------------------------------------------------------


def _check_released(due: pl.DataFrame, involved: pl.DataFrame) -> None:
    open_ = set(involved.filter(pl.col("state") == "open")["owner_id"].to_list())
    if not open_.isdisjoint(due["owner_id"].to_list()) or not open_.isdisjoint(
        due["subject"].to_list()
    ):
        raise AllocationError("points would be released to or for an owner in an open case")


def _check_redistributed(entries: pl.DataFrame, amount: int, involved: pl.DataFrame) -> None:
    paid = entries.filter(pl.col("micropoints") > 0)
    if sum(paid["micropoints"].to_list()) != amount:
        raise AllocationError(f"a split of {amount} micropoints of escrow adds up to another sum")
    nobody = involved.select(_OWN.alias("account"))
    if not paid.join(nobody, on="account", how="semi").is_empty():
        raise AllocationError("an owner whom a case involves would get a share of escrow")
