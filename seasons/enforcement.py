"""What becomes of points that are held: from balances and blocked owners to the entries due.

Held points carry a subject: the owner whose cases decide what becomes of them. What an owner earned
alone has the owner as subject; a referrer's share of what a referee earned has the referee. Points
stay held while either their owner or their subject is in an open or confirmed case.
"""

import polars as pl


def decide_releases(held: pl.DataFrame, blocked_owners: frozenset[str]) -> pl.DataFrame:
    """Return the held points that nothing keeps any longer.

    Args:
        held: season, week, owner_id, subject, micropoints: what is held, by origin week.
        blocked_owners: Owners in open or confirmed cases.

    Returns:
        The rows of `held` whose owner and subject are both free, sorted.
    """
    blocked = list(blocked_owners)
    free = ~pl.col("owner_id").is_in(blocked) & ~pl.col("subject").is_in(blocked)
    due = held.filter(free, pl.col("micropoints") > 0)
    return due.sort("season", "week", "owner_id", "subject")


def release_entries(released: pl.DataFrame) -> pl.DataFrame:
    """Return the ledger entries that move one week's released points to their owners.

    Args:
        released: owner_id, subject, micropoints, of one origin week.

    Returns:
        account, micropoints, reason, subject; adds up to zero.
    """
    out = released.select(
        pl.concat_str(pl.lit("held:"), "owner_id").alias("account"),
        (-pl.col("micropoints")).alias("micropoints"),
        pl.lit("released").alias("reason"),
        "subject",
    )
    back = (
        released.group_by("owner_id")
        .agg(pl.col("micropoints").sum())
        .select(
            pl.concat_str(pl.lit("owner:"), "owner_id").alias("account"),
            "micropoints",
            pl.lit("released").alias("reason"),
            pl.lit(None, dtype=pl.String).alias("subject"),
        )
    )
    return pl.concat([out, back]).sort("account", "reason", "subject")
