"""Who may earn in a week, and why others may not (docs/design.md, section 3, Eligibility).

An owner is one party however many accounts it has, so the rules look at all of them: its greatest
KYC level counts, one account in an excluded country excludes it, and it is excluded by kind when
every account is of an excluded kind. An account of an excluded kind beside others earns nothing
itself; its activity was left out when the activity was read (`warehouse.frames.Scope`).
"""

from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from seasons.terms import Eligibility
from warehouse.frames import Activity

UNKNOWN_ACCOUNT: Final = "unknown account"


@dataclass(frozen=True)
class Eligible:
    """Who may earn, and why others may not.

    Attributes:
        owners: One row per eligible owner_id, whether or not it had activity.
        exclusions: One row per owner_id with activity that a rule excludes: reason. An unknown
            account is named by its account_id, unless that is also the id of an eligible owner.
    """

    owners: pl.DataFrame
    exclusions: pl.DataFrame


def eligible_owners(activity: Activity, eligibility: Eligibility) -> Eligible:
    """Decide who may earn.

    Raises:
        ValueError: The activity was read with other excluded kinds than these terms have.
    """
    if set(activity.scope.excluded_kinds) != set(eligibility.excluded_kinds):
        raise ValueError(
            f"the activity was read without the kinds {activity.scope.excluded_kinds!r}, "
            f"the terms exclude {eligibility.excluded_kinds!r}"
        )
    judged = _judged_owners(activity.accounts, eligibility)
    owners = judged.filter(pl.col("reason").is_null()).select("owner_id").sort("owner_id")
    known = judged.filter("active", pl.col("reason").is_not_null()).select("owner_id", "reason")
    unknown = activity.unknown.select(
        pl.col("account_id").alias("owner_id"), pl.lit(UNKNOWN_ACCOUNT).alias("reason")
    )
    unknown = unknown.join(judged.filter(pl.col("reason").is_null()), on="owner_id", how="anti")
    exclusions = pl.concat([known, unknown]).unique("owner_id", keep="first", maintain_order=True)
    return Eligible(owners, exclusions.sort("owner_id"))


def of_eligible(activity: Activity, eligible: Eligible) -> Activity:
    """Return the activity of eligible owners alone.

    A referral stays where both ends are eligible: nobody earns by an ineligible owner's activity.
    """

    def among(content: pl.DataFrame, column: str) -> pl.DataFrame:
        return content.join(
            eligible.owners,
            left_on=column,
            right_on="owner_id",
            how="semi",
            maintain_order="left",
        )

    return replace(
        activity,
        fills=among(activity.fills, "owner_id"),
        presence=among(activity.presence, "owner_id"),
        balances=among(activity.balances, "owner_id"),
        accounts=among(activity.accounts, "owner_id"),
        referrals=among(among(activity.referrals, "referrer_id"), "referee_id"),
    )


def _judged_owners(accounts: pl.DataFrame, eligibility: Eligibility) -> pl.DataFrame:
    """Return one row per owner_id: active, and the reason of its exclusion or null."""
    wrong_kind = pl.col("kind").is_in(eligibility.excluded_kinds)
    wrong_country = pl.col("country").is_in(eligibility.excluded_countries)
    facts = accounts.group_by("owner_id").agg(
        pl.col("active").any(),
        pl.col("kyc_level").max(),
        pl.col("kind").min(),
        wrong_kind.all().alias("wrong_kind"),
        pl.col("country").filter(wrong_country).min().alias("wrong_country"),
    )
    least = eligibility.minimum_kyc_level
    reason = (
        pl.when("wrong_kind")
        .then(pl.format("account kind {}", "kind"))
        .when(pl.col("wrong_country").is_not_null())
        .then(pl.format("country {}", "wrong_country"))
        .when(pl.col("kyc_level") < least)
        .then(pl.format(f"KYC level {{}}, below {least}", "kyc_level"))
    )
    return facts.select("owner_id", "active", reason.alias("reason"))
