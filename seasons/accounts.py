"""Names of the ledger's accounts of owners, and the lines that lie in them.

`owner:<id>` is an owner's own; `held:<id>` waits for the cases of the line's subject, the owner or
a referee; `escrow:<case>/<owner>` was taken from an owner by a case. An owner's id may hold any
character, a case's id no slash: the first slash divides the two.
"""

from typing import Final, TypeVar

import polars as pl

_Name = TypeVar("_Name", str, pl.Expr)

OWN_LINES: Final = pl.Schema(
    {"season": pl.Int32, "week": pl.Int32, "owner_id": pl.String, "micropoints": pl.Int64}
)
HELD_LINES: Final = pl.Schema(
    {
        "season": pl.Int32,
        "week": pl.Int32,
        "owner_id": pl.String,
        "subject": pl.String,
        "micropoints": pl.Int64,
    }
)
# What is held, or an owner's own (then without subject), with all that was put there since the line
# was last empty, and what decisions have taken of that, less what was restored.
LINES: Final = pl.Schema([*HELD_LINES.items(), ("gross", pl.Int64), ("taken", pl.Int64)])
ESCROW_LINES: Final = pl.Schema(
    {
        "season": pl.Int32,
        "week": pl.Int32,
        "case_id": pl.String,
        "owner_id": pl.String,
        "subject": pl.String,
        "micropoints": pl.Int64,
    }
)


def owner_account(owner_id: _Name) -> _Name:
    """Return the account of what is an owner's own; of a name or of a column of names."""
    return "owner:" + owner_id


def held_account(owner_id: _Name) -> _Name:
    """Return the account of what is held for an owner; of a name or of a column of names."""
    return "held:" + owner_id


def escrow_account(case_id: _Name, owner_id: _Name) -> _Name:
    """Return the account of what a case took from an owner; of names or of columns of names."""
    return "escrow:" + case_id + "/" + owner_id


def typed(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """Return the columns of a schema, in its order and types, whatever else a frame has."""
    return frame.select(pl.col(name).cast(of) for name, of in schema.items())


def own_lines(balances: pl.DataFrame) -> pl.DataFrame:
    """Return what is the owners' own, by origin week.

    Args:
        balances: season, week, account, subject, micropoints; unique but for the amount.

    Returns:
        `OWN_LINES`, one row per season, week and owner; in the order of the balances, unless some
        balance of an owner has a subject: then sorted.
    """
    lines = _within(balances, "owner:").rename({"rest": "owner_id"})
    if lines["subject"].null_count() == lines.height:
        return typed(lines, OWN_LINES)
    # Grouping takes seconds where there are millions, so it is done only where it may join rows.
    total = pl.col("micropoints").cast(pl.Int128).sum()
    summed = lines.group_by("season", "week", "owner_id").agg(total)
    return typed(summed.sort("season", "week", "owner_id"), OWN_LINES)


def held_lines(balances: pl.DataFrame) -> pl.DataFrame:
    """Return what is held: `HELD_LINES`, one row a balance and in their order.

    Args:
        balances: season, week, account, subject, micropoints.
    """
    return typed(_within(balances, "held:").rename({"rest": "owner_id"}), HELD_LINES)


def escrow_lines(balances: pl.DataFrame) -> pl.DataFrame:
    """Return what lies in escrow: `ESCROW_LINES`, one row a balance and in their order.

    `owner_id` is the owner from whom it was taken. A line without subject was reached back for.

    Args:
        balances: season, week, account, subject, micropoints.
    """
    parts = pl.col("rest").str.splitn("/", 2).struct
    return typed(
        _within(balances, "escrow:").with_columns(
            parts.field("field_0").alias("case_id"), parts.field("field_1").alias("owner_id")
        ),
        ESCROW_LINES,
    )


def _within(balances: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """Return the balances of the accounts that begin so, with `rest`, what follows in the name."""
    return balances.filter(pl.col("account").str.starts_with(prefix)).with_columns(
        pl.col("account").str.strip_prefix(prefix).alias("rest")
    )
