"""Repeated transfers between two accounts, for the patterns whose members deal with each other."""

import polars as pl

from simulator.draws import Draws, Ints


def with_first(people: pl.DataFrame, name: str) -> pl.DataFrame:
    """Pair every member of a pattern with the first of its group.

    Returns:
        The columns of `people` for all members but the first; besides first_id, since and until:
        the first's account and the time in which both are there.
    """
    members = people.filter(pl.col("pattern") == name)
    first = members.filter(pl.col("seat") == 0).select(
        "group", first_id="account_id", since="starts", until="stops"
    )
    pairs = members.filter(pl.col("seat") > 0).join(first, on="group", maintain_order="left")
    return pairs.with_columns(
        pl.max_horizontal("since", "starts").alias("since"),
        pl.min_horizontal("until", "stops").alias("until"),
    ).filter(pl.col("since") < pl.col("until"))


def over_time(draws: Draws, pairs: pl.DataFrame, times: Ints) -> pl.DataFrame:
    """Repeat each row so many times.

    Returns:
        The rows with `ts`, an instant between since and until, and `number`, from 0 in each row.
    """
    row = pl.Series("row", times, pl.Int64)
    repeated = pairs.with_row_index("of").select(pl.all().repeat_by(row).explode())
    lasts = (repeated["until"] - repeated["since"]).to_numpy()
    after = (draws.unit(len(repeated)) * lasts).astype("int64")
    return repeated.with_columns(
        (pl.col("since") + pl.Series("ts", after)).alias("ts"),
        pl.int_range(pl.len()).over("of").alias("number"),
    )
