"""Traits of single owners, for the classifier and the novelty lane.

`own_*` is what an owner did by itself: the flat features, which know of nobody else. `near_1_*` and
`near_2_*` are means of the same over those it is linked with, one and two steps away, by weight.
`links_*` says how much it is linked at all. Built without labels, ids and lists; NaN where there is
nothing to measure, which gradient boosting tells apart from 0.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

Floats = NDArray[np.float64]

_SECONDS_PER_DAY: Final = 86_400
_DECIMALS: Final = 9  # a logarithm's last bits differ between platforms


@dataclass(frozen=True)
class Trait:
    """One thing that is measured of an owner.

    Attributes:
        name: Of the column, without prefix.
        words: What it says, as the subject of a sentence.
        value: From the columns of `warehouse.behaviour.BEHAVIOUR_SCHEMA` and `as_of`.
    """

    name: str
    words: str
    value: pl.Expr


def _share(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))


def _log(column: str) -> pl.Expr:
    return pl.col(column).clip(lower_bound=0).cast(pl.Float64).log1p()


def _log_usd(column: str) -> pl.Expr:
    return (pl.col(column).clip(lower_bound=0) / 100).log1p()


def _days(begin: str, end: str) -> pl.Expr:
    return (pl.col(end) - pl.col(begin)).dt.total_seconds() / _SECONDS_PER_DAY


def _alike_hours(side: str, whole: str) -> pl.Expr:
    """Return 1 where all happened in one hour of the day, 0 where evenly around the clock."""
    east, north = (pl.col(f"{side}_{way}_millis") / 1_000 for way in ("east", "north"))
    length = (east * east + north * north).sqrt() / pl.col(whole)
    return pl.when(pl.col(whole) > 1).then(length.clip(0, 1))


def _spread_of_sizes() -> pl.Expr:
    mean = pl.col("size_millis") / 1_000 / pl.col("takes")
    square = pl.col("square_size_micros") / 1_000_000 / pl.col("takes")
    room = (square - mean * mean).clip(lower_bound=0)
    return pl.when(pl.col("takes") > 1).then(room.sqrt())


def _per(part: pl.Expr, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(part / pl.col(whole))


OWN_TRAITS: Final = (
    Trait("accounts", "number of its accounts", _log("accounts")),
    Trait("tenure", "time since sign-up", _days("opened_at", "as_of").clip(0).log1p()),
    Trait("fills", "number of fills", _log("fills")),
    Trait("taker_share", "share of volume that it took", _share("taken_cents", "notional_cents")),
    Trait("notional", "volume", _log_usd("notional_cents")),
    Trait("fee_rate", "fees for its volume", _share("fees_cents", "notional_cents")),
    Trait("trading_days", "number of trading days", _log("trading_days")),
    Trait(
        "per_day", "volume a trading day", _per(pl.col("notional_cents"), "trading_days").log1p()
    ),
    Trait("markets", "number of markets", _log("markets")),
    Trait("thin", "share of volume in thin markets", _share("thin_cents", "notional_cents")),
    Trait(
        "main_market",
        "share of volume in its main market",
        _share("main_market_cents", "notional_cents"),
    ),
    Trait("flat", "share of volume flat by the day's end", _share("flat_cents", "notional_cents")),
    Trait("open", "part of volume left open", _share("open_cents", "notional_cents")),
    Trait("pnl", "result for its volume", _share("pnl_cents", "notional_cents")),
    Trait("size", "usual size of its orders", _per(pl.col("size_millis") / 1_000, "takes")),
    Trait("size_spread", "spread of its order sizes", _spread_of_sizes()),
    Trait("round", "share of round order sizes", _share("round_takes", "takes")),
    Trait("trade_hours", "how alike its trading hours are", _alike_hours("trade", "takes")),
    Trait("login_hours", "how alike its login hours are", _alike_hours("login", "logins")),
    Trait("waited", "time from sign-up to first trade", _days("opened_at", "first_trade")),
    Trait("idle", "time since its last trade", _days("last_trade", "as_of")),
    Trait("active", "time from first to last trade", _days("first_trade", "last_trade")),
    Trait("logins", "number of logins", _log("logins")),
    Trait("logins_per_day", "logins a day on which it logs in", _share("logins", "login_days")),
    Trait("takes_per_login", "orders a login", _share("takes", "logins")),
    Trait("devices", "number of its devices", _log("devices")),
    Trait("addresses", "number of its network addresses", _log("addresses")),
    Trait(
        "main_device",
        "share of logins on its main device",
        _share("main_device_logins", "device_logins"),
    ),
    Trait("deposits", "number of deposits", _log("deposits")),
    Trait("deposited", "sum of deposits", _log_usd("deposited_cents")),
    Trait("withdrawals", "number of withdrawals", _log("withdrawals")),
    Trait(
        "withdrawn",
        "withdrawn part of its deposits",
        _share("withdrawn_cents", "deposited_cents").clip(0, 10),
    ),
    Trait(
        "turnover",
        "volume for its deposits",
        _per(pl.col("notional_cents").cast(pl.Float64), "deposited_cents").log1p(),
    ),
    Trait("referred", "whether it was referred", pl.col("referred").cast(pl.Float64)),
    Trait("referees", "number of owners it referred", _log("referees")),
)
OWN_NAMES: Final = tuple(f"own_{trait.name}" for trait in OWN_TRAITS)


def own_traits(behaviour: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Return what every owner did by itself: the flat features.

    Args:
        behaviour: `warehouse.behaviour.BEHAVIOUR_SCHEMA`, one row an owner.
        as_of: Until when it was looked at, aware UTC.

    Returns:
        owner_id, then `OWN_NAMES` as Float64, NaN where there is nothing to measure; by owner_id.
    """
    until = pl.lit(as_of.replace(tzinfo=None), dtype=pl.Datetime("us"))
    return (
        behaviour.sort("owner_id")
        .with_columns(as_of=until)
        .select(
            "owner_id",
            *(
                trait.value.cast(pl.Float64).fill_null(float("nan")).round(_DECIMALS).alias(name)
                for name, trait in zip(OWN_NAMES, OWN_TRAITS, strict=True)
            ),
        )
    )


def account_traits(own: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return what every owner did, and what those did that it is linked with.

    Two steps away means the neighbours of the neighbours, each as often as ways lead there, without
    the owner itself.

    Args:
        own: From `own_traits`.
        pairs: `warehouse.findings.Detection.pairs`, all of them: weak links count by their weight.

    Returns:
        owner_id and the columns of `own`, then `near_1_*` and `near_2_*` for each of them,
        links_degree and links_kept (logarithms of 1 + number), links_strength and
        links_strongest (bits); in the order of `own`.
    """
    links, kept = _links(own["owner_id"], pairs)
    columns = own.drop("owner_id").to_numpy()
    near = _near(links, columns)
    names = own.columns[1:]
    found = {
        **{f"near_1_{name}": column for name, column in zip(names, near[0].T, strict=True)},
        **{f"near_2_{name}": column for name, column in zip(names, near[1].T, strict=True)},
        "links_degree": np.log1p(np.diff(links.indptr)),
        "links_kept": np.log1p(np.diff(kept.indptr)),
        "links_strength": links @ np.ones(own.height),
        "links_strongest": np.asarray(links.max(axis=1).todense()).ravel(),
    }
    return own.with_columns(
        pl.Series(name, column, dtype=pl.Float64).round(_DECIMALS) for name, column in found.items()
    )


def _links(owners: pl.Series, pairs: pl.DataFrame) -> tuple[csr_array, csr_array]:
    """Return the symmetric matrices of bits, of all pairs and of the kept ones."""
    numbers = pl.DataFrame({"owner_id": owners, "row": np.arange(len(owners), dtype=np.int64)})
    known = (
        pairs.join(numbers, left_on="owner_a", right_on="owner_id")
        .join(numbers, left_on="owner_b", right_on="owner_id", suffix="_b")
        .filter(pl.col("weight_millibits") > 0)
        .sort("row", "row_b")
    )
    return _matrix(known, len(owners)), _matrix(known.filter("kept"), len(owners))


def _matrix(pairs: pl.DataFrame, size: int) -> csr_array:
    bits = pairs["weight_millibits"].to_numpy() / 1_000
    ends = (pairs["row"].to_numpy(), pairs["row_b"].to_numpy())
    upper = coo_array((bits, ends), shape=(size, size))
    return csr_array(upper + upper.T)


def _near(links: csr_array, columns: Floats) -> tuple[Floats, Floats]:
    """Return the weighted means one and two steps away, of those for whom there is a value."""
    there = ~np.isnan(columns)
    values = np.where(there, columns, 0.0)
    one, one_weight = links @ values, links @ there.astype(np.float64)
    back = (links.multiply(links)).sum(axis=1)[:, None]  # the ways that lead back to the owner
    two = links @ one - back * values
    two_weight = links @ one_weight - back * there
    return _divided(one, one_weight), _divided(two, two_weight)


def _divided(part: Floats, whole: Floats) -> Floats:
    empty = np.full(part.shape, np.nan)
    return np.asarray(np.divide(part, whole, out=empty, where=whole > 1e-6))
