"""Whether farming pays: points kept by what they cost, against the honest median.

Like stands against like: farms and the honest alike are the operators who traded in the season,
over their accounts that did, whether or not any points were issued to them.
"""

import math
from dataclasses import dataclass

import polars as pl

from rehearsal.scoring.cohorts import FARM, STRANGERS, Cohorts
from rehearsal.scoring.finding import EVERY, cells, in_cell
from rehearsal.truth import HONEST


@dataclass(frozen=True)
class Yield:
    """Points per USD of net fee, or per account, of operators alike: medians over operators.

    Operators who got points and paid nothing net (rebates and referral income at least made up for
    the fees) have no rate; they stand above all that have one, and a median that falls among them
    is None. Who got none has the rate 0, whatever it paid.

    Attributes:
        issued: As it was issued, whatever was held of it.
        kept: What is the operator's own at the end.
        at_most: The same with all that is still held or in escrow at the end, as if everything
            undecided went back.
    """

    issued: float | None
    kept: float | None
    at_most: float | None


@dataclass(frozen=True)
class ProfitScore:
    """What operators of one kind got for their money; only those who traded in the season.

    Attributes:
        pattern: A1 to A15; empty for all farms, of which A15 is none. Of the honest `honest`.
        level: L1 and up; empty for all levels.
        operators: Those of whose accounts any traded; of a playbook's strangers the groups.
        without_points: Of them, those who were issued nothing.
        without_cost: Of them, those who were issued points and paid nothing net.
        accounts: Of theirs, those that traded.
        net_fees_micro_usd: Fees net of rebates, less what was received for referees, all together.
        issued: Micropoints, all together.
        kept: The same of what is their own at the end, what was spread to them included.
        at_most: The same with what is still held or in escrow.
        per_usd: Medians of points per USD of net fee.
        per_account: Medians of points per account.
    """

    pattern: str
    level: str
    operators: int
    without_points: int
    without_cost: int
    accounts: int
    net_fees_micro_usd: int
    issued: int
    kept: int
    at_most: int
    per_usd: Yield
    per_account: Yield


@dataclass(frozen=True)
class Pays:
    """Whether the median operator got more points than the honest median."""

    per_usd_issued: bool
    per_usd_at_the_end: bool
    per_account_issued: bool
    per_account_at_the_end: bool


@dataclass(frozen=True)
class Profit:
    """Farms beside the honest.

    Attributes:
        honest: The median that farms are held against: of people who share nothing.
        farms: All farms first; then every pattern, each before its levels if it has any, the
            strangers of a playbook (A15) included.
    """

    honest: ProfitScore
    farms: tuple[ProfitScore, ...]

    def pays(self, score: ProfitScore) -> Pays:
        """Say whether farming like this pays: more points than the honest median.

        At the end what is undecided counts for the farm, while of the honest counts what is their
        own.
        """
        honest = self.honest
        return Pays(
            per_usd_issued=_more(score, score.per_usd.issued, honest.per_usd.issued),
            per_usd_at_the_end=_more(score, score.per_usd.at_most, honest.per_usd.kept),
            per_account_issued=_more(score, score.per_account.issued, honest.per_account.issued),
            per_account_at_the_end=_more(score, score.per_account.at_most, honest.per_account.kept),
        )


def score_profit(cohorts: Cohorts) -> Profit:
    """Score what farms and the honest got for their money."""
    operators = _operators(cohorts)
    farms = operators.filter(pl.col("kind").is_in([FARM, STRANGERS]))
    return Profit(
        honest=_score(HONEST, EVERY, operators.filter(pl.col("kind") == HONEST)),
        farms=tuple(
            _score(pattern, level, farms.filter(in_cell(pattern, level)))
            for pattern, level in cells(farms)
        ),
    )


def _operators(cohorts: Cohorts) -> pl.DataFrame:
    """Return a row an operator who traded, with its accounts that did, its fees and points."""
    ours = ["seed", "unit"]
    fees = cohorts.pooled("fees").join(cohorts.accounts, on=["seed", "account_id"])
    issued = cohorts.told_by_owner("issued").group_by(ours)
    ledger = cohorts.told_by_owner("ledger").group_by(ours)
    return (
        fees.sort("account_id")
        .group_by(ours, maintain_order=True)
        .agg(
            pl.col("kind", "name", "level").first(),
            pl.col("account_id").filter(pl.col("volume_usd") > 0).n_unique().alias("accounts"),
            (pl.col("paid_usd") - pl.col("referral_usd")).sum().alias("fees"),
        )
        .filter(pl.col("accounts") > 0)
        .join(
            issued.agg((pl.col("own") + pl.col("held")).sum().alias("issued")),
            on=ours,
            how="left",
        )
        .join(
            ledger.agg(
                pl.col("own").sum().alias("kept"),
                pl.sum_horizontal("own", "held", "escrowed").sum().alias("at_most"),
            ),
            on=ours,
            how="left",
        )
        .with_columns(pl.col("issued", "kept", "at_most").fill_null(0))
        .sort(ours)
    )


def _score(pattern: str, level: str, operators: pl.DataFrame) -> ProfitScore:
    columns = ("accounts", "fees", "issued", "kept", "at_most")
    accounts, fees, issued, kept, at_most = map(int, operators.select(columns).sum().row(0))
    return ProfitScore(
        pattern=pattern,
        level=level,
        operators=operators.height,
        without_points=int((operators["issued"] == 0).sum()),
        without_cost=operators.filter(pl.col("issued") > 0, pl.col("fees") <= 0).height,
        accounts=accounts,
        net_fees_micro_usd=fees,
        issued=issued,
        kept=kept,
        at_most=at_most,
        per_usd=_medians(operators, pl.col("fees")),
        per_account=_medians(operators, 1_000_000 * pl.col("accounts").cast(pl.Int64)),
    )


def _medians(operators: pl.DataFrame, cost: pl.Expr) -> Yield:
    """Divide micropoints by millionths of the cost, and take the lower median of each column."""
    rates = operators.select(
        pl.when(pl.col(column) == 0)
        .then(0.0)
        .when(cost > 0)
        .then(pl.col(column) / cost)
        .otherwise(math.inf)
        .alias(column)
        for column in ("issued", "kept", "at_most")
    )
    return Yield(*(_median(rates[column]) for column in rates.columns))


def _median(rates: pl.Series) -> float | None:
    """Return the lower median: always the rate of somebody."""
    if rates.is_empty():
        return None
    middle = float(rates.sort()[(rates.len() - 1) // 2])
    return middle if math.isfinite(middle) else None


def _more(score: ProfitScore, rate: float | None, honest: float | None) -> bool:
    if not score.operators or honest is None:
        return False
    return rate is None or rate > honest
