"""What the defence costs the innocent: flags, verdicts and points that had to wait, by class."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from rehearsal.scoring.cohorts import INNOCENT, Cohorts
from rehearsal.scoring.finding import marked_accounts
from rehearsal.scoring.proportions import Proportion, proportion
from rehearsal.truth import HONEST

FALSE_FLAG_LINE: Final = 0.01  # no class of innocents should be flagged more often than this
ENOUGH: Final = 100  # accounts of a class that may be called the worst without a flag
UNDER: Final = "under"
OVER: Final = "over"
OPEN: Final = "open"
DAY_IN_MICROSECONDS: Final = 86_400_000_000


@dataclass(frozen=True)
class InnocentScore:
    """What became of one class of innocents.

    Attributes:
        name: The look-alike class; `honest` for those who share nothing.
        flagged: Of the accounts, those that a week's detection had in a case, ever: the false-flag
            rate.
        groups: Of the groups that share something (of the honest the people), those of whom
            anybody was flagged.
        confirmed: Of the accounts, those whom a verdict confirms at the end, appeals counted.
        issued: Micropoints.
        micropoint_days_held: Points that lay held or in escrow, each times the days that it lay
            there; rounded down once, at the end.
        taken: Micropoints that decisions took and nothing gave back.
        line: Whether the interval of `flagged` lies `under` the line of 1 %, `over` it, or leaves
            it `open`.
    """

    name: str
    flagged: Proportion
    groups: Proportion
    confirmed: Proportion
    issued: int
    micropoint_days_held: int
    taken: int
    line: str


def score_fairness(cohorts: Cohorts) -> tuple[InnocentScore, ...]:
    """Score what became of the innocent.

    Returns:
        The look-alike classes by name, then the honest.
    """
    accounts = marked_accounts(cohorts).filter(pl.col("kind").is_in(INNOCENT))
    names = sorted(accounts["name"].unique(), key=lambda name: (name == HONEST, name))
    amounts = _amounts(cohorts)
    return tuple(_score(name, accounts.filter(pl.col("name") == name), amounts) for name in names)


def worst(scores: tuple[InnocentScore, ...]) -> InnocentScore | None:
    """Return the class whose true rate may be the highest: the highest upper end of an interval.

    Of classes with enough accounts to say anything, or surely over the line, if there are any: of
    four accounts that nobody flagged, half may be flagged for all one knows.
    """
    telling = tuple(one for one in scores if one.flagged.whole >= ENOUGH or one.line == OVER)
    return max(telling or scores, key=lambda score: score.flagged.high or 0.0, default=None)


def _score(name: str, accounts: pl.DataFrame, amounts: pl.DataFrame) -> InnocentScore:
    groups = accounts.group_by("seed", "flock").agg(pl.col("flagged").any())["flagged"]
    of_class = amounts.filter(pl.col("name") == name)
    issued, held, taken = of_class.select("issued", "held", "taken").sum().row(0)
    flagged = proportion(int(accounts["flagged"].sum()), accounts.height)
    return InnocentScore(
        name=name,
        flagged=flagged,
        groups=proportion(int(groups.sum()), groups.len()),
        confirmed=proportion(int(accounts["confirmed"].sum()), accounts.height),
        issued=int(issued),
        micropoint_days_held=int(held) // DAY_IN_MICROSECONDS,
        taken=int(taken),
        line=_line(flagged),
    )


def _line(flagged: Proportion) -> str:
    if flagged.high is not None and flagged.high <= FALSE_FLAG_LINE:
        return UNDER
    return OVER if flagged.low is not None and flagged.low > FALSE_FLAG_LINE else OPEN


def _amounts(cohorts: Cohorts) -> pl.DataFrame:
    """Return name, issued, held (micropoints times microseconds) and taken of the innocent."""
    wide = {"issued": pl.Int128, "held": pl.Int128, "taken": pl.Int128}
    stretch = pl.col("until_us") - pl.col("from_us")
    parts = (
        cohorts.told_by_owner("issued").select(
            "kind", "name", issued=pl.col("own") + pl.col("held")
        ),
        # 10^13 micropoints times a season of 10^13 microseconds pass 64 bits.
        cohorts.told_by_owner("holds").select(
            "kind", "name", held=pl.col("micropoints").cast(pl.Int128) * stretch
        ),
        cohorts.told_by_owner("ledger").select(
            "kind", "name", taken=pl.col("seized") - pl.col("restored")
        ),
    )
    filled = pl.concat(
        part.with_columns(
            pl.col(name).cast(kind) if name in part.columns else pl.lit(0, kind).alias(name)
            for name, kind in wide.items()
        ).select("kind", "name", *wide)
        for part in parts
    )
    return filled.filter(pl.col("kind").is_in(INNOCENT)).group_by("name").agg(pl.col(*wide).sum())
