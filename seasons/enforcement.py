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
    LINES,
    escrow_account,
    held_account,
    owner_account,
    typed,
)
from seasons.allocation import apportion
from seasons.verdicts import (
    checked_verdicts,
    keeps_of_lines,
    take_in_turn,
    total,
    with_target,
)
from warehouse.errors import AllocationError

INVOLVED: Final = pl.Schema(
    {"owner_id": pl.String, "case_id": pl.String, "state": pl.String, "decision": pl.Int32}
)
REACHED_BACK: Final = pl.Schema(
    {name: of for name, of in ESCROW_LINES.items() if name != "subject"}
)

_LINE: Final = ("season", "week", "owner_id", "subject")
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


def releases_due(
    lines: pl.DataFrame, involved: pl.DataFrame, verdicts: pl.DataFrame
) -> pl.DataFrame:
    """Return the held lines that nothing keeps any longer.

    A line waits while its owner or its subject is in an open case, or is confirmed in a case that
    is not final and has something to take of it that no decision has taken.

    Args:
        lines: `LINES`.
        involved: `INVOLVED`: state 'open', 'confirmed' or 'final'.
        verdicts: `VERDICTS`, at least of everybody who is confirmed.

    Returns:
        `HELD_LINES`: the free lines with something in them, sorted.

    Raises:
        AllocationError: A line is listed twice, or would be released into an open case.
    """
    held = _numbered(lines, LINES)
    concerned = typed(involved, INVOLVED)
    states = pl.concat(
        held.select("line", pl.col(party).alias("owner_id")).join(concerned, on="owner_id")
        for party in ("owner_id", "subject")
    )
    of_confirmed = checked_verdicts(verdicts).join(
        concerned.filter(pl.col("state") == "confirmed"), on=["case_id", "owner_id"], how="semi"
    )
    asked = with_target(
        keeps_of_lines(held, of_confirmed).join(held.select("line", "gross", "taken"), on="line")
    )
    waiting = pl.concat(
        [
            states.filter(pl.col("state") == "open").select("line"),
            asked.filter(pl.col("taken") < pl.col("target")).select("line"),
        ]
    )
    due = typed(held.join(waiting, on="line", how="anti"), HELD_LINES)
    _check_released(due, involved)
    return due.sort("season", "week", "owner_id", "subject", nulls_last=True)


def seizures_due(lines: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame:
    """Return what verdicts still have to take of held lines.

    Of all that was ever put into a line, a verdict's part is kept, rounded up, and the rest is
    taken, once, whichever case takes it and however often it is asked. Cases take in the order of
    their ids.

    Args:
        lines: `LINES`.
        verdicts: `VERDICTS`: what each decided owner of each case keeps; 10,000 where cleared.

    Returns:
        `ESCROW_LINES` with something in them, sorted.

    Raises:
        AllocationError: A verdict or a line is malformed, or the parts do not add up.
    """
    held = _numbered(lines, LINES)
    if held["subject"].null_count():
        raise AllocationError("a held line has no subject, so no verdict can be found for it")
    due = keeps_of_lines(held, checked_verdicts(verdicts))
    return _sorted(typed(take_in_turn(held, due), ESCROW_LINES))


def reach_back_due(
    own: pl.DataFrame, verdicts: pl.DataFrame, from_week: Mapping[str, tuple[int, int]]
) -> pl.DataFrame:
    """Return what verdicts still have to take of the owners' own points of earlier weeks.

    To be asked of the balances before the decision's own releases: what a decision lets an owner
    keep of a held line is not taken from once more.

    Args:
        own: `LINES`, without subjects.
        verdicts: `VERDICTS`.
        from_week: Of each case that reaches back, the season and its first week to take from.

    Returns:
        `REACHED_BACK`: season, week, case_id, owner_id, micropoints; each positive; sorted.

    Raises:
        AllocationError: A verdict or a line is malformed, or the parts do not add up.
    """
    checked = checked_verdicts(verdicts)
    lines = _numbered(own.join(checked, on="owner_id", how="semi"), LINES)
    reach = pl.DataFrame(
        [(case_id, *week) for case_id, week in from_week.items()],
        schema={"case_id": pl.String, "season": pl.Int32, "from_week": pl.Int32},
        orient="row",
    )
    due = (
        keeps_of_lines(lines, checked)
        .join(reach, on=["case_id", "season"])
        .filter(pl.col("week") >= pl.col("from_week"))
    )
    return _sorted(typed(take_in_turn(lines, due), ESCROW_LINES)).drop("subject")


def restorations_due(
    escrow: pl.DataFrame, lines: pl.DataFrame, after: pl.DataFrame
) -> pl.DataFrame:
    """Return what goes back because verdicts now let owners keep more.

    Of an escrow line stays what the verdict that stands now takes of the whole line and no other
    case has taken; the rest goes back.

    Args:
        escrow: `ESCROW_LINES`; lines of cases without a verdict stay as they are.
        lines: `LINES` of the same weeks and owners, held ones and own ones.
        after: `VERDICTS` as they are from now on.

    Returns:
        `ESCROW_LINES` with what goes back, each positive; sorted.

    Raises:
        AllocationError: A verdict is malformed, or a line of escrow is taken from nowhere.
    """
    taken = _numbered(escrow, ESCROW_LINES)
    whole = lines.select(*_LINE, "gross", "taken")
    known = taken.join(whole, on=_LINE, how="left", nulls_equal=True)
    if known["gross"].null_count():
        raise AllocationError("escrow holds what no line says that a decision has taken")
    keeps = keeps_of_lines(known, checked_verdicts(after)).select("line", "case_id", "keep_bps")
    standing = with_target(known.join(keeps, on=["line", "case_id"]))
    by_others = pl.col("taken") - pl.col("micropoints")
    stays = (pl.col("target") - by_others).clip(lower_bound=0)
    back = pl.col("micropoints") - pl.min_horizontal(stays, "micropoints")
    return _sorted(typed(standing.with_columns(back.alias("micropoints")), ESCROW_LINES))


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
    key = [name for name in schema if name not in {"micropoints", "gross", "taken"}]
    if lines.select(key).is_duplicated().any():
        raise AllocationError("a line is listed twice; each has one balance")
    return lines.with_row_index("line")


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
