"""A week's volume: what was traded, what came back to nothing, and what the measures use."""

from dataclasses import dataclass

import polars as pl

from warehouse.frames import Activity


@dataclass(frozen=True)
class Volumes:
    """What was traded in a window, by market and by owner; amounts in 10⁻¹⁰ USD (Int128).

    Attributes:
        markets: As in `warehouse.frames.Wash`: market, notional, own, matched, round_trip; each
            trade once.
        owners: One row per owner_id with counted trades or round trips: notional of its sides of
            the trades that are not its own, round_trip of that, and qualified, which the measures
            use: all of it where the season counts round trips, else what is left.
    """

    markets: pl.DataFrame
    owners: pl.DataFrame


def week_volumes(activity: Activity) -> Volumes | None:
    """Return the volumes of a window; None where the activity was read without looking for them."""
    rule = activity.scope.round_trips
    if activity.wash is None or rule is None:
        return None
    counted = activity.fills.group_by("owner_id").agg(
        qualified=pl.sum_horizontal(
            pl.col("spot_notional", "perp_notional", "equity_notional").sum()
        )
    )
    both = counted.join(activity.wash.owners, on="owner_id", how="full", coalesce=True)
    amounts = both.with_columns(pl.col("qualified", "round_trip").cast(pl.Int128).fill_null(0))
    left_out = pl.col("round_trip") if rule.excluded else pl.lit(0, dtype=pl.Int128)
    owners = amounts.select(
        "owner_id", (pl.col("qualified") + left_out).alias("notional"), "round_trip", "qualified"
    )
    return Volumes(activity.wash.markets, owners.sort("owner_id"))
