"""What verdicts let owners keep of lines, and what they take.

A verdict says which part of a line an owner keeps, in basis points. Of the verdicts of one case on
a line's owner and on its subject the smallest counts, and what is kept is rounded up, so that
rounding never takes from anybody. An amount fits 64 bits, so its product with 10,000 fits 128.
"""

from typing import Final

import polars as pl

from seasons.accounts import ESCROW_LINES, typed
from seasons.formulas import BPS
from warehouse.errors import AllocationError

VERDICTS: Final = pl.Schema({"case_id": pl.String, "owner_id": pl.String, "keep_bps": pl.Int32})

_AMOUNT_LIMIT: Final = 2**63  # micropoints are stored as BIGINT
_WHOLE: Final = pl.lit(BPS, pl.Int128)


def checked_verdicts(verdicts: pl.DataFrame) -> pl.DataFrame:
    """Return the verdicts in their types, unless one is malformed."""
    checked = typed(verdicts, VERDICTS)
    named = pl.col("owner_id").is_not_null() & ~pl.col("case_id").str.contains("/", literal=True)
    sound = (named & pl.col("keep_bps").is_between(0, BPS)).fill_null(value=False)
    if not checked.select(sound.all()).item():
        raise AllocationError(
            "a verdict needs a case without '/' in its id, an owner and from 0 to 10000 to keep"
        )
    return checked


def keeps_of_lines(lines: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame:
    """Return line, season, week, case_id, keep_bps: the smallest of a case's verdicts on a line."""
    found = pl.concat(
        lines.select("line", "season", "week", pl.col(party).alias("owner_id")).join(
            verdicts, on="owner_id"
        )
        for party in ("owner_id", "subject")
    )
    return found.group_by("line", "season", "week", "case_id").agg(pl.col("keep_bps").min())


def take_in_turn(lines: pl.DataFrame, due: pl.DataFrame) -> pl.DataFrame:
    """Take of every line, case by case, what the case does not let its owner keep.

    Args:
        lines: line, owner_id, subject, micropoints.
        due: line, season, week, case_id, keep_bps.

    Returns:
        season, week, case_id, owner_id, subject, micropoints: what is taken; may be zero.
    """
    touched = lines.select("line", "owner_id", "subject", "micropoints")
    turns = (
        due.filter(pl.col("keep_bps") < BPS)
        .sort("line", "case_id")
        .with_columns(pl.int_range(pl.len()).over("line").alias("turn"))
        .join(touched, on="line")
    )
    left = turns.filter(pl.col("turn") == 0).select("line", "micropoints")
    before = total(left["micropoints"])
    taken = [turns.clear().select(ESCROW_LINES.names())]
    for turn in range(turns["turn"].n_unique()):  # seldom more than two
        now = turns.filter(pl.col("turn") == turn).drop("micropoints").join(left, on="line")
        kept = _kept(now)
        parts = kept.with_columns(pl.col("micropoints") - pl.col("kept"))
        taken.append(parts.select(ESCROW_LINES.names()))
        left = left.update(kept.select("line", pl.col("kept").alias("micropoints")), on="line")
    seized = pl.concat(taken)
    if before != total(left["micropoints"]) + total(seized["micropoints"]):
        raise AllocationError("what is kept and what is taken do not add up to what there was")
    return seized


def _kept(now: pl.DataFrame) -> pl.DataFrame:
    """Add `kept`, ceil(micropoints · keep_bps / 10000), checked without a division."""
    ideal = pl.col("micropoints").cast(pl.Int128) * pl.col("keep_bps").cast(pl.Int128)
    kept = ((ideal + _WHOLE - 1) // _WHOLE).alias("kept")
    checked = now.with_columns(kept).with_columns(
        (pl.col("kept") * _WHOLE - ideal).is_between(0, BPS - 1).alias("exact")
    )
    if not checked["exact"].all():
        raise AllocationError("what is kept of a line is not its part, rounded up")
    return checked.with_columns(pl.col("kept").cast(pl.Int64)).drop("exact")


def shrink(known: pl.DataFrame) -> pl.DataFrame:
    """Return the lines of escrow with what goes back when keep_bps becomes keep_after."""
    taken_by, taken_from_now_on = (
        _WHOLE - pl.col(name).cast(pl.Int128) for name in ("keep_bps", "keep_after")
    )
    ideal = pl.col("micropoints").cast(pl.Int128) * taken_from_now_on
    rest = known.with_columns((ideal // taken_by).alias("rest")).with_columns(
        (ideal - pl.col("rest") * taken_by).alias("remainder")
    )
    exact = (pl.col("remainder") >= 0) & (pl.col("remainder") < taken_by)
    if not rest.select(exact.all()).item():
        raise AllocationError("what stays in escrow is not its part, rounded down")
    return rest.with_columns(pl.col("micropoints") - pl.col("rest").cast(pl.Int64))


def total(micropoints: pl.Series) -> int:
    """Return a sum in Python's integers; Polars would wrap what does not fit."""
    amount = sum(micropoints.to_list())
    if not 0 <= amount < _AMOUNT_LIMIT:
        raise AllocationError(f"{amount} micropoints cannot be moved; at most 2^63 - 1 can")
    return int(amount)
