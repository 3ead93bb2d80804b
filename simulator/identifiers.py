"""Names of events, which tell nothing but their order in time."""

import polars as pl


def numbered(prefix: str, name: str, before: int = 0) -> pl.Expr:
    """Return the column `name`: the prefix and the number of the row, in ten digits.

    The first row has the number after `before`.
    """
    number = pl.int_range(before + 1, before + 1 + pl.len()).cast(pl.String).str.zfill(10)
    return (pl.lit(prefix) + number).alias(name)
