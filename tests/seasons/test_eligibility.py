"""Who may earn, and the reason that is stored for everybody else with activity."""

import polars as pl
import pytest

from seasons.calendar import BACKPACK
from seasons.eligibility import eligible_owners, of_eligible
from seasons.terms import Eligibility
from warehouse.frames import Activity, Scope

TERMS = Eligibility(
    minimum_kyc_level=2, excluded_countries=("KP", "IR"), excluded_kinds=("system", "market_maker")
)
Row = tuple[str, str, str, str | None, int, bool]


def activity(*accounts: Row, unknown: tuple[str, ...] = ()) -> Activity:
    """Return an activity in which every owner of an account has a fill."""
    rows = pl.DataFrame(
        accounts,
        schema={
            "account_id": pl.String,
            "owner_id": pl.String,
            "kind": pl.String,
            "country": pl.String,
            "kyc_level": pl.Int64,
            "active": pl.Boolean,
        },
        orient="row",
    )
    owners = rows.select(pl.col("owner_id").unique()).sort("owner_id")
    return Activity(
        week=BACKPACK[0].week(1),
        scope=Scope(("market_maker", "system")),
        fills=owners,
        presence=owners,
        balances=owners,
        accounts=rows,
        unknown=pl.DataFrame({"account_id": unknown}, schema={"account_id": pl.String}),
        referrals=pl.DataFrame(
            [(one, other) for one in owners["owner_id"] for other in owners["owner_id"]],
            schema={"referrer_id": pl.String, "referee_id": pl.String},
            orient="row",
        ),
    )


def exclusions(*accounts: Row, unknown: tuple[str, ...] = ()) -> dict[str, str]:
    done = activity(*accounts, unknown=unknown)
    return dict(eligible_owners(done, TERMS).exclusions.iter_rows())


def test_each_exclusion_has_its_reason() -> None:
    assert exclusions(
        ("ann", "ann", "retail", "DE", 2, True),
        ("bob", "bob", "retail", "IR", 2, True),
        ("cat", "cat", "retail", None, 1, True),
        ("pool", "pool", "system", None, 0, True),
        unknown=("x",),
    ) == {
        "bob": "country IR",
        "cat": "KYC level 1, below 2",
        "pool": "account kind system",
        "x": "unknown account",
    }


def test_an_owner_without_activity_is_excluded_silently() -> None:
    done = activity(("pool", "pool", "system", None, 0, False))
    eligible = eligible_owners(done, TERMS)
    assert eligible.exclusions.is_empty()
    assert eligible.owners.is_empty()


def test_the_greatest_kyc_level_among_an_owners_accounts_counts() -> None:
    ann, sub = ("ann", "ann", "retail", "DE", 2, True), ("sub", "ann", "retail", "DE", 0, True)
    assert exclusions(ann, sub) == {}


def test_one_account_in_an_excluded_country_excludes_its_owner() -> None:
    ann, sub = ("ann", "ann", "retail", "DE", 2, True), ("sub", "ann", "retail", "KP", 2, False)
    assert exclusions(ann, sub) == {"ann": "country KP"}


def test_an_owner_is_excluded_by_kind_when_every_account_is() -> None:
    desk, bot = ("a", "ann", "market_maker", "DE", 2, True), ("b", "ann", "system", "DE", 2, True)
    assert exclusions(desk, bot) == {"ann": "account kind market_maker"}
    assert exclusions(desk, ("c", "ann", "retail", "DE", 2, False)) == {}


def test_an_unknown_account_that_bears_an_eligible_owners_id_is_no_exclusion_of_that_owner() -> (
    None
):
    assert exclusions(("sub", "ann", "retail", "DE", 2, True), unknown=("ann",)) == {}


def test_the_activity_of_an_ineligible_owner_counts_for_nobody() -> None:
    done = activity(
        ("ann", "ann", "retail", "DE", 2, True),
        ("bob", "bob", "retail", "DE", 0, True),
        ("cat", "cat", "retail", "DE", 2, True),
    )
    counted = of_eligible(done, eligible_owners(done, TERMS))
    for frame in (counted.fills, counted.presence, counted.balances):
        assert frame["owner_id"].to_list() == ["ann", "cat"]
    assert set(counted.referrals.to_series(0)) | set(counted.referrals.to_series(1)) == {
        "ann",
        "cat",
    }


def test_activity_that_was_read_under_other_terms_is_refused() -> None:
    other = Eligibility(excluded_kinds=("system",))
    with pytest.raises(ValueError, match="market_maker"):
        eligible_owners(activity(), other)
