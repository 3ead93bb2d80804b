"""From whom decisions took points, and where those went: to the last micropoint."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from rehearsal.scoring.cohorts import FARM, KINDS, LOOKALIKE, STRANGERS, Cohorts
from rehearsal.truth import HONEST

TO_HONEST: Final = "spread to the honest"
TO_LOOKALIKES: Final = "spread to look-alikes"
TO_UNFOUND: Final = "spread to farms that were never flagged"
TO_FLAGGED: Final = "spread to farms that were flagged"
TO_STRANGERS: Final = "spread to strangers with one playbook"
TO_RESERVE: Final = "to the reserve"
GIVEN_BACK: Final = "given back"
IN_ESCROW: Final = "still in escrow"


@dataclass(frozen=True)
class Amount:
    """Micropoints under a name."""

    name: str
    micropoints: int


@dataclass(frozen=True)
class SeizureScore:
    """What decisions took, from whom, and where it went.

    Attributes:
        taken: Micropoints that decisions took over the season, whatever came after.
        from_whom: Farms, strangers with one playbook, look-alikes, the honest: adds up to `taken`.
        where_to: Adds up to `taken` as well.
    """

    taken: int
    from_whom: tuple[Amount, ...]
    where_to: tuple[Amount, ...]


def score_seizures(cohorts: Cohorts) -> SeizureScore:
    """Follow what was taken.

    Points that were spread and taken once more count each time: both in what was taken and in where
    it went.

    Raises:
        ValueError: Something that was taken is nowhere: the seasons' frames contradict each other.
    """
    ledger = cohorts.told_by_owner("ledger")
    taken = int(cohorts.pooled("ledger")["seized"].sum())
    from_whom = tuple(
        Amount(kind, int(ledger.filter(pl.col("kind") == kind)["seized"].sum())) for kind in KINDS
    )
    where_to = (
        *_spread(cohorts),
        Amount(GIVEN_BACK, int(ledger["restored"].sum())),
        Amount(IN_ESCROW, int(ledger["escrowed"].sum())),
    )
    for name, amounts in (("came from nobody known", from_whom), ("went nowhere", where_to)):
        missing = taken - sum(amount.micropoints for amount in amounts)
        if missing:
            raise ValueError(f"{missing} of {taken} micropoints that were taken {name}")
    return SeizureScore(taken, from_whom, where_to)


def _spread(cohorts: Cohorts) -> tuple[Amount, ...]:
    flagged = cohorts.pooled("flags").select("seed", "owner_id").unique()
    spread = (
        cohorts.pooled("redistributed")
        .join(cohorts.owners, on=["seed", "owner_id"], how="left")
        .join(flagged.with_columns(flagged=pl.lit(value=True)), on=["seed", "owner_id"], how="left")
    )
    farm = pl.col("kind") == FARM
    found = pl.col("flagged").fill_null(value=False)
    to: tuple[tuple[str, pl.Expr], ...] = (
        (TO_HONEST, pl.col("kind") == HONEST),
        (TO_LOOKALIKES, pl.col("kind") == LOOKALIKE),
        (TO_UNFOUND, farm & ~found),
        (TO_FLAGGED, farm & found),
        (TO_STRANGERS, pl.col("kind") == STRANGERS),
        (TO_RESERVE, pl.col("owner_id").is_null()),
    )
    return tuple(Amount(name, int(spread.filter(of)["micropoints"].sum())) for name, of in to)
