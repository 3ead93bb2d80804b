"""What trading cost: fees by account, from a week's fills as the synthetic exchange made them."""

import polars as pl

from rehearsal.records import FEES


def week_fees(week: int, fills: pl.DataFrame, referrals: pl.DataFrame) -> pl.DataFrame:
    """Return what every account paid, received for referees and traded in a week.

    A fill that was busted in the same week counts for nothing. What the exchange pays out of the
    taker's fee for a referral goes to whoever referred the taker.

    Args:
        week: Its number.
        fills: Rows of the week, in whole units.
        referrals: referrer_id, referee_id: of all weeks so far.

    Returns:
        `rehearsal.records.FEES`, sorted.
    """
    busted = fills.drop_nulls("busts").select(fill_id="busts")
    counted = fills.filter(pl.col("busts").is_null()).join(busted, on="fill_id", how="anti")
    none = pl.lit(0, pl.Int64)
    sides = [
        counted.select(
            account_id=f"{side}_id",
            paid_usd=f"{side}_fee_usd",
            referral_usd=none,
            volume_usd="notional_usd",
        )
        for side in ("maker", "taker")
    ]
    bound = referrals.unique("referee_id", keep="first", maintain_order=True)
    received = counted.join(bound, left_on="taker_id", right_on="referee_id").select(
        account_id="referrer_id",
        paid_usd=none,
        referral_usd=pl.col("referral_paid_usd").fill_null(0),
        volume_usd=none,
    )
    return (
        pl.concat([*sides, received], how="vertical_relaxed")
        .group_by("account_id")
        .agg(pl.col("paid_usd", "referral_usd", "volume_usd").sum())
        .select("account_id", pl.lit(week).alias("week"), pl.exclude("account_id"))
        .cast(FEES)
        .sort("account_id")
    )
