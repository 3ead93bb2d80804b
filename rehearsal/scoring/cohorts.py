"""Who is who in the played seasons: every account in one cohort, every frame with its seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from rehearsal.records import Played
from rehearsal.truth import ACTS_TOGETHER, HONEST, IN_PLAYBOOK, SYSTEM, UNIT

FARM: Final = "farm"
STRANGERS: Final = "strangers with one playbook"
LOOKALIKE: Final = "look-alike"
TARGETED: Final = "targeted by an attacker"
KINDS: Final = (FARM, STRANGERS, LOOKALIKE, HONEST)
INNOCENT: Final = (LOOKALIKE, HONEST)


@dataclass(frozen=True, eq=False)
class Cohorts:
    """Played seasons side by side, and the cohort of everybody in them.

    Attributes:
        accounts: seed, account_id, owner_id, unit (who decides for the account: the operator; of a
            playbook's strangers the group), flock (of a look-alike the group that shares something,
            of anybody else the unit), kind (one of `KINDS`), name (the pattern or the class), level
            (of farms and playbooks, else empty). Accounts that the exchange never heard of are left
            out, and so are its own.
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

    Farms are what attackers run. The strangers of a playbook are neither farms nor innocents. An
    innocent whom an attacker tried to tie to a farm is `targeted by an attacker`, whatever else it
    is; other innocents are in their look-alike class; all others are `honest`.

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
    kind = (
        pl.when("farm")
        .then(pl.lit(FARM))
        .when(IN_PLAYBOOK)
        .then(pl.lit(STRANGERS))
        .when(pl.col("targeted") | pl.col("lookalike_class").is_not_null())
        .then(pl.lit(LOOKALIKE))
        .otherwise(pl.lit(HONEST))
    )
    innocent = pl.when("targeted").then(pl.lit(TARGETED)).otherwise("lookalike_class")
    unit = pl.coalesce(UNIT, "account_id")
    together = pl.col("lookalike_class").is_not_null() & ~ACTS_TOGETHER
    named = played.truth.filter(pl.col("pattern") != SYSTEM).join(played.owners, on="account_id")
    return named.select(
        pl.lit(played.seed, pl.Int64).alias("seed"),
        "account_id",
        "owner_id",
        unit.alias("unit"),
        pl.coalesce(pl.when(together).then("group_id"), unit).alias("flock"),
        kind.alias("kind"),
        pl.when(ACTS_TOGETHER)
        .then("pattern")
        .otherwise(pl.coalesce(innocent, pl.lit(HONEST)))
        .alias("name"),
        pl.when(ACTS_TOGETHER).then("level").otherwise(pl.lit("")).alias("level"),
    ).sort("account_id")
