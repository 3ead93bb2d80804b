"""Splits amounts exactly: largest remainder on integers, caps, and the pools of a week.

Largest remainder (Hamilton): everyone gets the floor of the ideal share, weight · amount / total,
and what is left goes, one micropoint each, to the largest remainders; ties by id ascending. Every
split is checked by a second road before it leaves this module.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from seasons.curves import check_total, weights
from seasons.formulas import BPS, REFERRED_POINTS, Formula, Pool
from seasons.terms import Referral
from warehouse.errors import AllocationError, NobodyQualifies

_INT128_LIMIT: Final = 2**127
_AMOUNT_LIMIT: Final = 2**63  # micropoints are stored as BIGINT
_REFERRED: Final = {"owner_id": pl.String, "referee_id": pl.String, "micropoints": pl.Int64}


@dataclass(frozen=True)
class Split:
    """What a week's emission becomes. Every row pays at least one micropoint.

    Attributes:
        by_pool: pool, owner_id, micropoints; pools in the formula's order, the referral pool last,
            each by owner.
        by_owner: owner_id, micropoints; by owner.
        referred: owner_id (the referrer), referee_id, micropoints: the points of the referral pool,
            attributed to each referee by largest remainder; by referrer, then referee.
    """

    by_pool: pl.DataFrame
    by_owner: pl.DataFrame
    referred: pl.DataFrame


def apportion(weights: pl.DataFrame, amount: int, cap: int | None = None) -> pl.DataFrame:
    """Split an amount in proportion to weights, exactly.

    Args:
        weights: owner_id str (unique), weight Int128 (not negative).
        amount: Micropoints to split.
        cap: Most that one owner may get, raised to ceil(amount / owners) where it is less. Owners
            whose ideal share is over it get exactly it; the rest is split among the others, anew
            until nobody is over, and then once for good.

    Returns:
        owner_id, micropoints Int64; one row per owner with a positive weight, by owner_id. The same
        for any order of the rows.

    Raises:
        AllocationError: Weights are negative, missing or not unique, nobody has a weight, or the
            numbers are too large to be split exactly.
    """
    _check_weights(weights)
    shares = weights.filter(pl.col("weight") > 0).select("owner_id", "weight")
    if not 0 <= amount < _AMOUNT_LIMIT:
        raise AllocationError(
            f"{amount} micropoints cannot be split; it must be from 0 to 2^63 - 1"
        )
    if amount == 0:
        return shares.select("owner_id", pl.lit(0, pl.Int64).alias("micropoints")).sort("owner_id")
    if shares.is_empty():
        raise AllocationError(f"there is nobody to split {amount} micropoints among")
    if check_total(shares["weight"]) * amount >= _INT128_LIMIT:
        raise AllocationError("total weight times amount leaves 128 bits; split a smaller amount")
    if cap is None:
        return _split_once(shares, amount)
    return _split_capped(shares, amount, max(cap, -(-amount // shares.height)))


def split_emission(
    formula: Formula,
    values_by_pool: Mapping[str, pl.DataFrame],
    referrals: pl.DataFrame,
    emission: int,
    referral_terms: Referral,
) -> Split:
    """Split a week's emission over its pools, and each pool over its owners.

    A pool that nobody qualifies for is re-spread over the others in proportion to their shares. The
    referral pool is split last, on what referees earned in the others; where no referrer
    qualifies, everything is split once more without it.

    Args:
        formula: The week's formula.
        values_by_pool: For every pool but the referral pool: owner_id, value Int128 (millionths of
            the measure's unit, after boosts and the one floor); eligible owners only.
        referrals: referrer_id, referee_id: bound, acyclic, both eligible; one row a referee.
        emission: Micropoints of the week.
        referral_terms: What makes a referrer an affiliate.

    Raises:
        NobodyQualifies: No owner earns in any pool.
        AllocationError: The numbers cannot be split exactly, or do not add up.
    """
    ordinary = [pool for pool in formula.pools if pool.measure != REFERRED_POINTS]
    weighed = {pool.name: weigh_pool(pool, values_by_pool[pool.name]) for pool in ordinary}
    earning = [pool for pool in ordinary if not weighed[pool.name].is_empty()]
    if not earning:
        raise NobodyQualifies("no owner earns in any pool, so the week is not issued")
    split = None
    for referral in formula.pools:
        if referral.measure == REFERRED_POINTS:
            nominal = [pool for pool in formula.pools if pool in earning or pool is referral]
            amounts = share_amounts(nominal, emission)
            ordinary_split = _without_referrals(earning, weighed, amounts)
            referees = _earning_referees(ordinary_split, referrals, referral_terms)
            split = _with_referral_pool(referral, amounts[referral.name], ordinary_split, referees)
    if split is None:
        split = _without_referrals(earning, weighed, share_amounts(earning, emission))
    _check_split(split, emission)
    return split


def share_amounts(pools: Sequence[Pool], emission: int) -> dict[str, int]:
    """Return the micropoints of each pool by name, adding up to the emission.

    Largest remainder of the shares of the pools that are given; ties in their order.
    """
    total = sum(pool.share_bps for pool in pools)
    floors = [emission * pool.share_bps // total for pool in pools]
    rest = emission - sum(floors)
    by_remainder = sorted(
        range(len(pools)), key=lambda index: (-(emission * pools[index].share_bps % total), index)
    )
    extra = set(by_remainder[:rest])
    return {
        pool.name: floor + (index in extra)
        for index, (pool, floor) in enumerate(zip(pools, floors, strict=True))
    }


def weigh_pool(pool: Pool, values: pl.DataFrame) -> pl.DataFrame:
    """Return owner_id, weight of the owners who qualify: at the minimum, with a positive weight."""
    qualified = values.filter(pl.col("value") >= pl.lit(pool.minimum_millionths, pl.Int128))
    return weights(qualified, pool.curve).filter(pl.col("weight") > 0)


# One split -------------------------------------------------------------------------------------


def _check_weights(weights: pl.DataFrame) -> None:
    if weights["weight"].null_count() or not weights.filter(pl.col("weight") < 0).is_empty():
        raise AllocationError("a weight is negative or missing; nothing can be split by it")
    if weights["owner_id"].null_count() or weights["owner_id"].n_unique() < weights.height:
        raise AllocationError("an owner is missing or has two weights; each owner has one share")


def _split_once(shares: pl.DataFrame, amount: int) -> pl.DataFrame:
    parts = shares.select(
        pl.lit(0, pl.Int8).alias("whole"),
        pl.col("owner_id").alias("part"),
        pl.col("weight").cast(pl.Int128),
        pl.lit(amount, pl.Int128).alias("amount"),
    )
    return _largest_remainder(parts).select(pl.col("part").alias("owner_id"), "micropoints")


def _split_capped(shares: pl.DataFrame, amount: int, limit: int) -> pl.DataFrame:
    # Capping an owner raises the ideal share of everyone below, and never lets an owner fall under
    # the limit who was over it. So those who end at the limit are the first in order of weight, and
    # the first who is not over, given that all before are capped, ends the list.
    ordered = shares.sort("weight", "owner_id", descending=[True, False]).with_columns(
        pl.int_range(pl.len(), dtype=pl.Int128).alias("capped"),
        (pl.col("weight").sum() - pl.col("weight").cum_sum() + pl.col("weight")).alias("below"),
    )
    rest = pl.lit(amount, pl.Int128) - pl.col("capped") * pl.lit(limit, pl.Int128)
    # Owners beyond amount / limit cannot be over; without them no product leaves 128 bits.
    over = ordered.head(amount // limit).select(
        (pl.col("weight") * rest > pl.col("below") * pl.lit(limit, pl.Int128)).alias("over")
    )["over"]
    capped = next((index for index, is_over in enumerate(over.to_list()) if not is_over), len(over))
    at_limit = ordered.head(capped).select("owner_id", pl.lit(limit, pl.Int64).alias("micropoints"))
    others = _split_once(ordered.slice(capped), amount - capped * limit)
    _check_capped(others, limit, capped, amount)
    return pl.concat([at_limit, others]).sort("owner_id")


def _check_capped(others: pl.DataFrame, limit: int, capped: int, amount: int) -> None:
    paid = others["micropoints"].to_list()
    if max(paid) > limit or sum(paid) + capped * limit != amount:
        raise AllocationError("a capped split paid somebody over the cap or does not add up")


def _largest_remainder(parts: pl.DataFrame) -> pl.DataFrame:
    """Split the amount of each whole over its parts.

    Args:
        parts: whole, part (unique in its whole), weight Int128 (positive), amount Int128 (the same
            in every row of a whole); weight times amount fits 128 bits.

    Returns:
        whole, part, micropoints Int64, sorted by whole and part.
    """
    product = pl.col("weight") * pl.col("amount")
    ideal = (
        parts.sort("whole", "part")
        .with_row_index("row")
        .with_columns(pl.col("weight").sum().over("whole").alias("total"))
        .with_columns(
            (product // pl.col("total")).alias("floor"),
            (product % pl.col("total")).alias("remainder"),
        )
    )
    place = pl.int_range(pl.len(), dtype=pl.Int128).over("whole")
    missing = pl.col("amount") - pl.col("floor").sum().over("whole")
    one_more = (place < missing).cast(pl.Int128)
    paid = (
        ideal.sort("remainder", descending=True, maintain_order=True)  # equal ones stay by part
        .with_columns((pl.col("floor") + one_more).alias("micropoints"))
        .sort("row")
    )
    _check_quota(paid)
    return paid.select("whole", "part", pl.col("micropoints").cast(pl.Int64))


def _check_quota(paid: pl.DataFrame) -> None:
    """Check the split by a second road: no division, and the sums in Python's integers.

    A part is less than one micropoint from its ideal share exactly if
    |micropoints · total - weight · amount| < total.
    """
    distance = pl.col("micropoints") * pl.col("total") - pl.col("weight") * pl.col("amount")
    if not paid.select((distance.abs() < pl.col("total")).all()).item():
        raise AllocationError("a share is a micropoint or more from its ideal; nothing was split")
    wholes = paid.group_by("whole").agg("micropoints", pl.col("amount").first())
    for amount, micropoints in wholes.select("amount", "micropoints").iter_rows():
        if sum(micropoints) != amount:
            raise AllocationError(f"a split of {amount} micropoints adds up to {sum(micropoints)}")


# The pools of a week ---------------------------------------------------------------------------


def _without_referrals(
    pools: Sequence[Pool], weighed: Mapping[str, pl.DataFrame], amounts: Mapping[str, int]
) -> Split:
    paid = [_split_pool(pool, weighed[pool.name], amounts[pool.name]) for pool in pools]
    by_pool = pl.concat(paid)
    return Split(by_pool, _by_owner(by_pool), pl.DataFrame(schema=_REFERRED))


def _split_pool(pool: Pool, weighed: pl.DataFrame, amount: int) -> pl.DataFrame:
    cap = None if pool.cap_bps is None else amount * pool.cap_bps // BPS
    return (
        apportion(weighed, amount, cap)
        .filter(pl.col("micropoints") > 0)
        .select(pl.lit(pool.name).alias("pool"), "owner_id", "micropoints")
    )


def _by_owner(paid: pl.DataFrame) -> pl.DataFrame:
    return paid.group_by("owner_id").agg(pl.col("micropoints").sum()).sort("owner_id")


def _earning_referees(split: Split, referrals: pl.DataFrame, terms: Referral) -> pl.DataFrame:
    """Return owner_id (an affiliate), referee_id, micropoints that the referee earned."""
    return (
        referrals.rename({"referrer_id": "owner_id"})
        .join(split.by_owner.rename({"owner_id": "referee_id"}), on="referee_id")
        .filter(pl.len().over("owner_id") >= terms.minimum_earning_referees)
        .select("owner_id", "referee_id", "micropoints")
    )


def _with_referral_pool(
    pool: Pool, amount: int, ordinary: Split, referees: pl.DataFrame
) -> Split | None:
    """Return the split with the referral pool's points, or None where no affiliate qualifies.

    A micropoint that a referee earned is a millionth of the measure's unit, the point.
    """
    values = referees.group_by("owner_id").agg(
        pl.col("micropoints").sum().cast(pl.Int128).alias("value")
    )
    affiliates = weigh_pool(pool, values)
    if affiliates.is_empty():
        return None
    bonus = _split_pool(pool, affiliates, amount)
    return Split(
        pl.concat([ordinary.by_pool, bonus]),
        _by_owner(pl.concat([ordinary.by_owner, bonus.drop("pool")])),
        _attribute(bonus, referees),
    )


def _attribute(bonus: pl.DataFrame, referees: pl.DataFrame) -> pl.DataFrame:
    """Divide each affiliate's bonus over its referees, in proportion to what they earned."""
    parts = referees.join(
        bonus.select("owner_id", pl.col("micropoints").alias("amount")), on="owner_id"
    ).select(
        pl.col("owner_id").alias("whole"),
        pl.col("referee_id").alias("part"),
        pl.col("micropoints").cast(pl.Int128).alias("weight"),
        pl.col("amount").cast(pl.Int128),
    )
    return (
        _largest_remainder(parts)
        .filter(pl.col("micropoints") > 0)
        .rename({"whole": "owner_id", "part": "referee_id"})
    )


def _check_split(split: Split, emission: int) -> None:
    """Check the week's total by a second road: plain Python over both tables."""
    for table in (split.by_pool, split.by_owner):
        total = sum(table["micropoints"].to_list())
        if total != emission:
            raise AllocationError(f"the week's split adds up to {total}, not {emission}")
    if split.by_owner["micropoints"].min() == 0 or split.by_owner["owner_id"].is_duplicated().any():
        raise AllocationError("an owner of the week's split has nothing or is listed twice")
