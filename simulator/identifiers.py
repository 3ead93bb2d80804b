"""Names of events, which tell nothing but their order in time."""

import polars as pl


def numbered(prefix: str, name: str) -> pl.Expr:
    """Return the column `name`: the prefix and the number of the row, from 1, in ten digits."""
    number = pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(10)
    return (pl.lit(prefix) + number).alias(name)
