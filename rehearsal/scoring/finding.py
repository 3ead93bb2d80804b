"""How much of the farms was found, and when: by pattern and level of evasion."""

from dataclasses import dataclass

import polars as pl

from rehearsal.scoring.cohorts import FARM, STRANGERS, Cohorts
from rehearsal.scoring.proportions import Part, Proportion, part_of, proportion

EVERY = ""  # stands for all farms, or for all levels of a pattern


@dataclass(frozen=True)
class Weeks:
    """When accounts were flagged first, of those that ever were: weeks of the season from 1.

    Attributes:
        quarter: The first week by which at least a quarter of them had been flagged.
        median: The same for half of them.
        three_quarters: The same for three quarters.
    """

    quarter: int
    median: int
    three_quarters: int


@dataclass(frozen=True)
class PatternScore:
    """What became of the farms of one pattern and level, or of strangers with one playbook (A15).

    Attributes:
        pattern: A1 to A15; empty for all farms, of which A15 is none.
        level: L1 and up; empty for all levels.
        operators: Of the operators (of a playbook's strangers the groups), those of whose accounts
            at least half were flagged.
        flagged: Of the accounts, those that a week's detection had in a case, ever.
        confirmed: Of the accounts, those that a verdict confirms at the end, appeals counted.
        held: Of the micropoints issued, those that were held at the issue.
        taken: Of the micropoints issued, those that decisions took and nothing gave back. May pass
            the whole, where what had been spread to a farm was taken as well.
        first_flag: None where no account was flagged.
    """

    pattern: str
    level: str
    operators: Proportion
    flagged: Proportion
    confirmed: Proportion
    held: Part
    taken: Part
    first_flag: Weeks | None


def score_finding(cohorts: Cohorts) -> tuple[PatternScore, ...]:
    """Score what was found of farms, and of the strangers of a playbook.

    Returns:
        All farms first; then every pattern, each before its levels if it has any.
    """
    accounts = marked_accounts(cohorts).filter(pl.col("kind").is_in([FARM, STRANGERS]))
    issued = cohorts.told_by_owner("issued")
    ledger = cohorts.told_by_owner("ledger")
    return tuple(
        _score(
            pattern,
            level,
            accounts.filter(in_cell(pattern, level)),
            _points(issued.filter(in_cell(pattern, level)), ledger.filter(in_cell(pattern, level))),
        )
        for pattern, level in cells(accounts)
    )


def cells(farms: pl.DataFrame) -> tuple[tuple[str, str], ...]:
    """Return pattern and level of all rows that a table of farms has, in order.

    Args:
        farms: name, level.
    """
    pairs = set(farms.select("name", "level").unique().iter_rows())
    with_totals = pairs | {(name, EVERY) for name, _ in pairs} | {(EVERY, EVERY)}
    return tuple(sorted(with_totals, key=lambda cell: (_number(cell[0]), cell)))


def in_cell(pattern: str, level: str) -> pl.Expr:
    """Say whether a row with kind, name and level is of a pattern and level; of all, a farm's."""
    of = pl.col("kind") == FARM if pattern == EVERY else pl.col("name") == pattern
    return of & ((pl.col("level") == level) | pl.lit(level == EVERY))


def marked_accounts(cohorts: Cohorts) -> pl.DataFrame:
    """Return the accounts of the cohorts with what became of their owners.

    Returns:
        The columns of `Cohorts.accounts`; week (of the first flag, or null), flagged, confirmed.
    """
    first = cohorts.pooled("flags").group_by("seed", "owner_id").agg(pl.col("week").min())
    stands = cohorts.pooled("confirmed").select("seed", "owner_id").unique()
    return (
        cohorts.accounts.join(first, on=["seed", "owner_id"], how="left")
        .join(
            stands.with_columns(confirmed=pl.lit(value=True)), on=["seed", "owner_id"], how="left"
        )
        .with_columns(
            flagged=pl.col("week").is_not_null(),
            confirmed=pl.col("confirmed").fill_null(value=False),
        )
        .sort("seed", "account_id")
    )


def _score(
    pattern: str, level: str, accounts: pl.DataFrame, points: tuple[Part, Part]
) -> PatternScore:
    held, taken = points
    half = 2 * pl.col("flagged").sum() >= pl.len()
    found = accounts.group_by("seed", "unit").agg(half.alias("found"))["found"]
    return PatternScore(
        pattern=pattern,
        level=level,
        operators=proportion(int(found.sum()), found.len()),
        flagged=proportion(int(accounts["flagged"].sum()), accounts.height),
        confirmed=proportion(int(accounts["confirmed"].sum()), accounts.height),
        held=held,
        taken=taken,
        first_flag=_quartiles(accounts["week"]),
    )


def _points(issued: pl.DataFrame, ledger: pl.DataFrame) -> tuple[Part, Part]:
    """Return what was held at the issue and what was taken for good, of what was issued."""
    held = int(issued["held"].sum())
    whole = int(issued["own"].sum()) + held
    taken = int(ledger["seized"].sum()) - int(ledger["restored"].sum())
    return part_of(held, whole), part_of(taken, whole)


def _quartiles(weeks: pl.Series) -> Weeks | None:
    flagged = weeks.drop_nulls().sort().to_list()
    if not flagged:
        return None
    quarter, median, three_quarters = (
        flagged[-(-len(flagged) * quarters // 4) - 1] for quarters in (1, 2, 3)
    )
    return Weeks(quarter, median, three_quarters)


def _number(pattern: str) -> int:
    """Order A2 before A10, and all patterns together before any."""
    digits = "".join(filter(str.isdigit, pattern))
    return int(digits) if digits else 0
