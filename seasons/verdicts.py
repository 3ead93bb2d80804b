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
    """Take of every line, case by case, what is still missing from what the case does not let keep.

    Where several cases touch a line, the smallest part that one of them lets keep is kept: each
    takes what the others have not taken yet.

    Args:
        lines: line, owner_id, subject, micropoints, gross, taken.
        due: line, season, week, case_id, keep_bps.

    Returns:
        season, week, case_id, owner_id, subject, micropoints: what is taken; may be zero.
    """
    touched = lines.select("line", "owner_id", "subject", "gross")
    turns = (
        due.filter(pl.col("keep_bps") < BPS)
        .sort("line", "case_id")
        .with_columns(pl.int_range(pl.len()).over("line").alias("turn"))
        .join(touched, on="line")
    )
    left = lines.join(turns, on="line", how="semi").select("line", "micropoints", "taken")
    before = total(left["micropoints"])
    seized = [ESCROW_LINES.to_frame()]
    for turn in range(turns["turn"].n_unique()):  # seldom more than two
        now = with_target(turns.filter(pl.col("turn") == turn).join(left, on="line"))
        missing = (pl.col("target") - pl.col("taken")).clip(lower_bound=0)
        parts = now.with_columns(pl.min_horizontal(missing, "micropoints").alias("part"))
        gone = parts.with_columns(pl.col("part").alias("micropoints"))
        seized.append(typed(gone, ESCROW_LINES))
        after = parts.select(
            "line", pl.col("micropoints") - pl.col("part"), pl.col("taken") + pl.col("part")
        )
        left = left.update(after, on="line")
    taken = pl.concat(seized)
    if before != total(left["micropoints"]) + total(taken["micropoints"]):
        raise AllocationError("what is kept and what is taken do not add up to what there was")
    return taken


def with_target(lines: pl.DataFrame) -> pl.DataFrame:
    """Add `target`: of `gross`, what `keep_bps` does not let keep; checked without a division.

    What is kept is ceil(gross · keep_bps / 10000).
    """
    ideal = pl.col("gross").cast(pl.Int128) * pl.col("keep_bps").cast(pl.Int128)
    kept = ((ideal + _WHOLE - 1) // _WHOLE).alias("kept")
    checked = lines.with_columns(kept).with_columns(
        (pl.col("kept") * _WHOLE - ideal).is_between(0, BPS - 1).alias("exact")
    )
    if not checked["exact"].all():
        raise AllocationError("what is kept of a line is not its part, rounded up")
    target = (pl.col("gross") - pl.col("kept").cast(pl.Int64)).alias("target")
    return checked.with_columns(target).drop("kept", "exact")


def total(micropoints: pl.Series) -> int:
    """Return a sum in Python's integers; Polars would wrap what does not fit."""
    amount = sum(micropoints.to_list())
    if not 0 <= amount < _AMOUNT_LIMIT:
        raise AllocationError(f"{amount} micropoints cannot be moved; at most 2^63 - 1 can")
    return int(amount)
