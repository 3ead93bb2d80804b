"""A week's issue, decided: who earns, how much, and what of it is held."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from seasons.activity import measure_values
from seasons.allocation import Split, split_emission
from seasons.eligibility import eligible_owners, of_eligible
from seasons.enforcement import blocking
from seasons.formulas import REFERRED_POINTS, Formula
from seasons.terms import Terms
from seasons.volumes import Volumes, week_volumes
from warehouse.errors import AllocationError
from warehouse.frames import Activity
from warehouse.records import Week


@dataclass(frozen=True)
class Issue:
    """What one week pays.

    Attributes:
        entries: account, micropoints, reason, subject, in the order of the batch; adds up to zero.
        exclusions: owner_id, reason: owners with activity who earn nothing.
        split: The points by pool and owner; never leaves the job that asked for it.
        volumes: What was traded, and what of it the measures used; None where nobody looked.
    """

    entries: pl.DataFrame
    exclusions: pl.DataFrame
    split: Split = field(repr=False)
    volumes: Volumes | None = None

    @property
    def owners(self) -> int:
        """Number of owners who earned something, held or not."""
        return self.split.by_owner.height

    @property
    def held_micropoints(self) -> int:
        """Micropoints of the week that are held."""
        held = self.entries.filter(pl.col("account").str.starts_with("held:"))
        return int(held["micropoints"].sum())


def decide_issue(
    week: Week,
    terms: Terms,
    formula: Formula,
    activity: Activity,
    tiers: pl.DataFrame,
    involved: pl.DataFrame,
) -> Issue:
    """Decide a week's issue.

    Args:
        week: Which one.
        terms: The season's terms in force at the close.
        formula: The week's formula.
        activity: What was done in the window, as of the close.
        tiers: owner_id, tier: before this week.
        involved: owner_id, state, ...: whom cases concern; the points of those in open or
            confirmed cases are held.

    Raises:
        NobodyQualifies: No owner earns in any pool.
        AllocationError: The amounts cannot be split exactly, or do not add up.
    """
    eligible = eligible_owners(activity, terms.eligibility)
    counted = of_eligible(activity, eligible)
    values: Mapping[str, pl.DataFrame] = {
        pool.name: measure_values(counted, pool, tiers)
        for pool in formula.pools
        if pool.measure != REFERRED_POINTS
    }
    split = split_emission(formula, values, counted.referrals, terms.emission, terms.referral)
    entries = issue_entries(week, split, blocking(involved))
    _check_total(entries, terms.emission)
    return Issue(entries, eligible.exclusions, split, week_volumes(activity))


def issue_entries(week: Week, split: Split, blocked_owners: frozenset[str]) -> pl.DataFrame:
    """Return the ledger entries of a week's split.

    The points of a blocked owner are held. Of a referrer's points, the part that comes from a
    blocked referee is held too, with the referee as subject: it follows the referee's decision.

    Returns:
        account, micropoints, reason, subject; sorted by account and subject; adds up to zero.
    """
    blocked = list(blocked_owners)
    by_referee = split.referred.filter(pl.col("referee_id").is_in(blocked)).select(
        "owner_id", pl.col("referee_id").alias("subject"), "micropoints"
    )
    from_referees = by_referee.group_by("owner_id").agg(
        pl.col("micropoints").sum().alias("from_referees")
    )
    alone = split.by_owner.join(from_referees, on="owner_id", how="left").select(
        "owner_id",
        pl.col("owner_id").alias("subject"),
        pl.col("micropoints") - pl.col("from_referees").fill_null(0),
    )
    parts = pl.concat([alone, by_referee]).filter(pl.col("micropoints") > 0)
    is_held = pl.col("owner_id").is_in(blocked) | pl.col("subject").is_in(blocked)
    account = pl.when(is_held).then(pl.lit("held:")).otherwise(pl.lit("owner:"))
    reason = (
        pl.when(~is_held)
        .then(pl.lit("issued"))
        .when(pl.col("owner_id") == pl.col("subject"))
        .then(pl.lit("held_case_of_owner"))
        .otherwise(pl.lit("held_case_of_referee"))
    )
    credits_ = parts.select(
        pl.concat_str(account, "owner_id").alias("account"),
        pl.col("micropoints").cast(pl.Int64),
        reason.alias("reason"),
        pl.when(is_held).then("subject").alias("subject"),
    )
    source = pl.DataFrame(
        {
            "account": [f"emission:{week.label}"],
            "micropoints": [-sum(credits_["micropoints"].to_list())],
            "reason": ["issued"],
            "subject": [None],
        },
        schema=credits_.schema,
    )
    return pl.concat([source, credits_]).sort("account", "subject", nulls_last=True)


def _check_total(entries: pl.DataFrame, emission: int) -> None:
    """Check the week's total by a second road: over the finished entries, in Python's integers."""
    issued = sum(amount for amount in entries["micropoints"].to_list() if amount > 0)
    if issued != emission:
        raise AllocationError(f"the entries issue {issued} micropoints, not the week's {emission}")
