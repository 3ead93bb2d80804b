"""What a contender's flags are worth against the simulator's truth.

Owners are flagged, accounts are counted. The exchange's own accounts are left out, and so are
strangers who follow one playbook (A15): they are no farm, and no innocents either, and have a
figure of their own. Look-alikes are the innocent who share something as farms do, by class, and a
class apart of those whom an attacker tried to tie to a farm.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

from benchmarks.peers.season import Season
from rehearsal.scoring.proportions import Proportion, proportion, ratio

PLAYBOOK: Final = "A15"
TARGETED: Final = "targeted"
HONEST: Final = "honest"
WRONG_SHARE: Final = 0.01


@dataclass(frozen=True)
class Score:
    """How a contender did on all seasons together.

    Attributes:
        name: The contender.
        precision: Flagged accounts that are farms', of all that are flagged.
        recall: Farm accounts that are flagged.
        f1: Harmonic mean of the two; 0 where nothing right is flagged.
        lookalikes: Look-alikes that are flagged.
        honest: Honest accounts without a look-alike class that are flagged.
        playbook: Accounts of A15 that are flagged.
        patterns: By pattern of attack, (pattern, flagged of its accounts); sorted.
        levels: The same by pattern and level of evasion, 'A1 L2'.
        classes: By look-alike class; sorted.
    """

    name: str
    precision: Proportion
    recall: Proportion
    f1: float
    lookalikes: Proportion
    honest: Proportion
    playbook: Proportion
    patterns: tuple[tuple[str, Proportion], ...]
    levels: tuple[tuple[str, Proportion], ...]
    classes: tuple[tuple[str, Proportion], ...]

    @property
    def wrong_classes(self) -> int:
        """How many look-alike classes are flagged to more than one in a hundred."""
        return sum((found.share or 0) > WRONG_SHARE for _, found in self.classes)


def judged(season: Season, flagged: pl.Series) -> pl.DataFrame:
    """Return every account with its truth and whether its owner is flagged.

    Returns:
        pattern, level (as 'A1 L2'), farm, cohort (look-alike class, 'targeted', 'honest'; null for
        farms and A15), flagged.
    """
    innocent = (
        pl.when("targeted")
        .then(pl.lit(TARGETED))
        .otherwise(pl.col("lookalike_class").fill_null(HONEST))
    )
    return (
        season.truth()
        .join(season.accounts.select("account_id", "owner_id"), on="account_id")
        .select(
            "pattern",
            pl.format("{} {}", "pattern", "level").alias("level"),
            "farm",
            pl.when(~pl.col("farm") & (pl.col("pattern") != PLAYBOOK))
            .then(innocent)
            .alias("cohort"),
            pl.col("owner_id").is_in(flagged.implode()).alias("flagged"),
        )
    )


def score(name: str, accounts: pl.DataFrame) -> Score:
    """Score a contender.

    Args:
        name: The contender.
        accounts: As from `judged`, of all seasons.
    """
    farms, innocent = accounts.filter("farm"), accounts.filter(pl.col("cohort").is_not_null())
    lookalikes = innocent.filter(pl.col("cohort") != HONEST)
    right, wrong = (int(part["flagged"].sum()) for part in (farms, innocent))
    return Score(
        name=name,
        precision=proportion(right, right + wrong),
        recall=_flagged(farms),
        f1=ratio(2 * right, right + wrong + farms.height) or 0.0,
        lookalikes=_flagged(lookalikes),
        honest=_flagged(innocent.filter(pl.col("cohort") == HONEST)),
        playbook=_flagged(accounts.filter(pl.col("pattern") == PLAYBOOK)),
        patterns=_by(farms, "pattern"),
        levels=_by(farms, "level"),
        classes=_by(lookalikes, "cohort"),
    )


def _flagged(accounts: pl.DataFrame) -> Proportion:
    return proportion(int(accounts["flagged"].sum()), accounts.height)


def _by(accounts: pl.DataFrame, column: str) -> tuple[tuple[str, Proportion], ...]:
    parts = accounts.partition_by(column, as_dict=True)
    found = {str(key): _flagged(part) for (key,), part in parts.items()}
    return tuple(sorted(found.items(), key=lambda each: _order(each[0])))


def _order(name: str) -> tuple[str, int, str]:
    """Sort A2 before A10."""
    head, _, tail = name.partition(" ")
    return (head[0], int(head[1:]), tail) if head[1:].isdigit() else (head, 0, tail)
