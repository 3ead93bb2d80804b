"""Who is linked and yet not brought before anybody: declared groups, market makers, small groups.

To belong together is one thing, to be asked about it another. The numbers stand in the policy file,
not among the terms of the linkage (`[flagging]` in `home/policy.toml`; docs/design.md, section 3).
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

from detection.fusion import ORDERS

DECLARED: Final = "declared"
MARKET_MAKER: Final = "market_maker"
TOLERATED: Final = "tolerated"
SPARED_SCHEMA: Final = pl.Schema(
    {"cluster_id": pl.String(), "owner_id": pl.String(), "spared": pl.String()}
)


@dataclass(frozen=True)
class Tolerance:
    """What the policy tolerates before anybody is asked.

    Attributes:
        declared_accounts: A declared group of at most so many accounts hides nothing; 0 asks about
            every group.
        market_makers: Whether declared market makers are asked about.
        tolerated_owners: Of so many owners who only share things, devices, networks, addresses or
            money, nobody is asked; 0 and 1 tolerate none.
    """

    declared_accounts: int = 200
    market_makers: bool = False
    tolerated_owners: int = 2


def spare(inside: pl.DataFrame, accounts: pl.DataFrame, tolerance: Tolerance) -> pl.DataFrame:
    """Return the owners of clusters that are spared, and why.

    1. `declared`: everything that links an owner is shared with owners who declare the same group,
       and the group is not too large.
    2. `market_maker`: all accounts of the owner are a declared market maker's, unless the policy
       asks about those too.
    3. `tolerated`: without those, the cluster has few owners, and none of their evidence is of
       orders: what two people do in one market at one instant is no sharing.

    Args:
        inside: Kept pairs inside clusters: cluster_id, owner_a, owner_b, `<family>_millibits`.
        accounts: `ACCOUNTS_SCHEMA`.
        tolerance: From the policy.

    Returns:
        `SPARED_SCHEMA`, one row a spared owner, sorted.
    """
    known = _declarations(accounts)
    pairs = inside.join(known, left_on="owner_a", right_on="owner_id").join(
        known, left_on="owner_b", right_on="owner_id", suffix="_b"
    )
    openly = (pl.col("declared") == pl.col("declared_b")).fill_null(value=False) & (
        pl.col("declared_accounts") <= tolerance.declared_accounts
    )
    hidden = pairs.filter(~openly)
    owners = _ends(inside).join(known, on="owner_id")
    hides = _ends(hidden).with_columns(hides=pl.lit(value=True))
    spared = owners.join(hides, on=["cluster_id", "owner_id"], how="left").with_columns(
        pl.when(pl.col("makes_markets") & (not tolerance.market_makers))
        .then(pl.lit(MARKET_MAKER))
        .when(pl.col("hides").is_null())
        .then(pl.lit(DECLARED))
        .alias("spared")
    )
    asked = spared.filter(pl.col("spared").is_null()).select("cluster_id", "owner_id")
    few = _tolerated(hidden, asked, tolerance).with_columns(spared=pl.lit(TOLERATED))
    return (
        pl.concat([spared.drop_nulls("spared").select(few.columns), few])
        .cast(SPARED_SCHEMA)
        .sort("cluster_id", "owner_id")
    )


def _tolerated(hidden: pl.DataFrame, asked: pl.DataFrame, tolerance: Tolerance) -> pl.DataFrame:
    """Return the owners of clusters in which few are left who only share things."""
    acted = pl.any_horizontal(pl.col(f"{family}_millibits") > 0 for family in ORDERS)
    small = (
        asked.group_by("cluster_id")
        .len()
        .filter(pl.col("len") <= tolerance.tolerated_owners)
        .join(hidden.filter(acted), on="cluster_id", how="anti")
    )
    return asked.join(small, on="cluster_id", how="semi")


def _declarations(accounts: pl.DataFrame) -> pl.DataFrame:
    """Return owner_id, declared (group of all its accounts), declared_accounts, makes_markets."""
    sizes = (
        accounts.drop_nulls("declared_group")
        .group_by(declared="declared_group")
        .agg(pl.len().alias("declared_accounts"))
    )
    one = pl.col("declared_group").n_unique() == 1
    return (
        accounts.group_by("owner_id")
        .agg(
            pl.when(one).then(pl.col("declared_group").first()).alias("declared"),
            (pl.col("kind") == "market_maker").all().alias("makes_markets"),
        )
        .join(sizes, on="declared", how="left")
    )


def _ends(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return cluster_id, owner_id of everybody in some pairs, once."""
    ends = [pairs.select("cluster_id", owner_id=end) for end in ("owner_a", "owner_b")]
    return pl.concat(ends).unique()
