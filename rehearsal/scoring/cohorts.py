"""Who is who in the played seasons: every account in one cohort, every frame with its seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from rehearsal.records import Played

FARM: Final = "farm"
LOOKALIKE: Final = "look-alike"
HONEST: Final = "honest"
TARGETED: Final = "targeted by an attacker"
BESIDE: Final = "beside a farm"
PLAYBOOK: Final = "A15"  # strangers who follow one playbook together: no one operator, but a group

_IN_PLAYBOOK = pl.col("pattern") == PLAYBOOK
_FARM = pl.col("farm") | _IN_PLAYBOOK


@dataclass(frozen=True, eq=False)
class Cohorts:
    """Played seasons side by side, and the cohort of everybody in them.

    Attributes:
        accounts: seed, account_id, owner_id, unit (who decides for the account: the operator; of a
            playbook's strangers the group), flock (of a look-alike the group that shares something,
            of anybody else the unit), kind (farm, look-alike, honest), name (the pattern or the
            class), level (of farms, else empty). Accounts that the exchange never heard of are
            left out.
        owners: seed, owner_id, unit, kind, name, level: of the owner's first account.
        played: The seasons.
    """

    accounts: pl.DataFrame
    owners: pl.DataFrame
    played: tuple[Played, ...]

    def pooled(self, name: str) -> pl.DataFrame:
        """Return a frame of all seasons with the column `seed` before its own."""
        frames: list[pl.DataFrame] = [
            getattr(one, name).select(pl.lit(one.seed, pl.Int64).alias("seed"), pl.all())
            for one in self.played
        ]
        return pl.concat(frames)

    def told_by_owner(self, name: str) -> pl.DataFrame:
        """Return a pooled frame that has owner_id, with unit, kind, name and level of the owner."""
        return self.pooled(name).join(self.owners, on=["seed", "owner_id"])


def gather(played: Sequence[Played]) -> Cohorts:
    """Put everybody of the played seasons in a cohort.

    Farms are what attackers run, and the strangers of a playbook. An innocent whom an attacker
    tried to tie to a farm is `targeted by an attacker`, whatever else it is; other innocents are in
    their look-alike class; one without class whom a pattern of farms placed is `beside a farm`; all
    others are `honest`.

    Args:
        played: At least one season; each seed once.
    """
    accounts = pl.concat(_cohort(one) for one in played)
    columns = ("unit", "kind", "name", "level")
    owners = accounts.group_by("seed", "owner_id").agg(
        pl.col(column).sort_by("account_id").first() for column in columns
    )
    return Cohorts(accounts, owners.sort("seed", "owner_id"), tuple(played))


def _cohort(played: Played) -> pl.DataFrame:
    innocent = (
        pl.when("targeted")
        .then(pl.lit(TARGETED))
        .when(pl.col("lookalike_class").is_not_null())
        .then(pl.col("lookalike_class"))
        .when(pl.col("pattern") != HONEST)
        .then(pl.lit(BESIDE))
        .otherwise(pl.lit(HONEST))
    )
    unit = pl.when(_IN_PLAYBOOK).then("group_id").otherwise("operator_id")
    named = played.truth.join(played.owners, on="account_id").with_columns(
        seed=pl.lit(played.seed, pl.Int64),
        unit=pl.coalesce(unit, "account_id"),
        name=pl.when(_FARM).then("pattern").otherwise(innocent),
        level=pl.when(_FARM).then("level").otherwise(pl.lit("")),
    )
    kind = (
        pl.when(_FARM)
        .then(pl.lit(FARM))
        .when(pl.col("name") == HONEST)
        .then(pl.lit(HONEST))
        .otherwise(pl.lit(LOOKALIKE))
    )
    together = pl.col("lookalike_class").is_not_null() & ~_FARM
    flock = pl.coalesce(pl.when(together).then("group_id"), "unit")
    return (
        named.with_columns(kind=kind, flock=flock)
        .select("seed", "account_id", "owner_id", "unit", "flock", "kind", "name", "level")
        .sort("account_id")
    )
