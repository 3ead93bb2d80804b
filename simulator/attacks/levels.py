"""What the levels of an attack set differently."""

from typing import TypeAlias

import numpy as np
import polars as pl

from simulator.draws import Ints

Choice: TypeAlias = pl.Series | pl.Expr | str


def by_level(members: pl.DataFrame, *values: int) -> Ints:
    """Return for each member the number of its level; the first is that of level 1."""
    numbers: Ints = np.array(values, dtype=np.int64)[members["level"].to_numpy() - 1]
    return numbers


def at_level(*choices: Choice) -> pl.Expr:
    """Take the choice of each member's level: values, or the column of that name.

    The last one counts for all levels from its own on.
    """
    *easier, hardest = choices
    expression: pl.Expr = pl.when(from_level(1)).then(hardest).otherwise(None)
    for level, choice in reversed(tuple(enumerate(easier, 1))):
        expression = pl.when(pl.col("level") == level).then(choice).otherwise(expression)
    return expression


def from_level(level: int) -> pl.Expr:
    """Whether a member's level is `level` or a harder one."""
    return pl.col("level") >= level
