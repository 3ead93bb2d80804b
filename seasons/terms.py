"""The terms of a season: one TOML file, `home/seasons/S1.toml`, that anyone may read.

Everything that decides who may earn and what is issued when, save the hidden formulas. The terms in
force are stored with each close, so a later change of the file never touches a closed week.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from seasons.calendar import Calendar
from warehouse.declarations import Declaration, read_declaration
from warehouse.errors import SeasonError
from warehouse.frames import RoundTripRule
from warehouse.records import MICROPOINTS_PER_POINT

KindName = Literal["accounts", "referrals", "fills", "balances", "transfers", "logins"]
AccountKind = Literal["retail", "institution", "market_maker", "system"]
TierName = Literal["Bronze", "Silver", "Gold", "Platinum", "Diamond", "Challenger"]

TIERS: Final[tuple[TierName, ...]] = (
    "Bronze",
    "Silver",
    "Gold",
    "Platinum",
    "Diamond",
    "Challenger",
)


class Eligibility(Declaration):
    """Who may earn. Each exclusion is stored with its reason.

    Attributes:
        minimum_kyc_level: Least level; an account without one counts as level 0.
        excluded_countries: ISO 3166-1 alpha-2 codes.
        excluded_kinds: Account kinds that never earn.
    """

    minimum_kyc_level: Annotated[int, Field(ge=0, le=99)] = 1
    excluded_countries: tuple[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], ...] = ()
    excluded_kinds: tuple[AccountKind, ...] = ("system", "market_maker")


class Referral(Declaration):
    """What makes a referrer an affiliate who shares in a referral pool."""

    minimum_earning_referees: Annotated[int, Field(ge=1)] = 1


class QualifiedVolume(Declaration):
    """What of the counted trades the measures use (`warehouse.wash` has the rule).

    Whatever is said here, a week's round trips are measured and shown. Terms that were stored
    before this table existed read as "counted", which is how their weeks were issued.

    Attributes:
        round_trips: "excluded" leaves the trades of round trips out of every measure.
        hours: Lengths of the stretches within which both owners are back.
        neutral_bps: Most that may be left over, of what an owner moved with its ring.
        least_taken_bps: Least part of what it moved that an owner has to have taken itself, so
            that nobody loses by what others do with its resting orders.
        least_fills: Fewest times in the week that one has to have taken from the other.
    """

    round_trips: Literal["counted", "excluded"] = "counted"
    hours: Annotated[
        tuple[Annotated[int, Field(ge=1, le=24 * 62)], ...], Field(min_length=1, max_length=8)
    ] = (1, 24, 168)
    neutral_bps: Annotated[int, Field(ge=0, le=1_000)] = 100
    least_taken_bps: Annotated[int, Field(ge=0, le=5_000)] = 2_500
    least_fills: Annotated[int, Field(ge=2, le=1_000)] = 3

    @property
    def rule(self) -> RoundTripRule:
        """The rule as the activity is read by."""
        return RoundTripRule(
            excluded=self.round_trips == "excluded",
            hours=tuple(sorted(set(self.hours))),
            neutral_bps=self.neutral_bps,
            least_taken_bps=self.least_taken_bps,
            least_fills=self.least_fills,
        )


class Tiers(Declaration):
    """Least points of a season for each tier; Bronze starts at zero."""

    Silver: Annotated[int, Field(gt=0)] = 100
    Gold: Annotated[int, Field(gt=0)] = 1_000
    Platinum: Annotated[int, Field(gt=0)] = 10_000
    Diamond: Annotated[int, Field(gt=0)] = 50_000
    Challenger: Annotated[int, Field(gt=0)] = 250_000

    def thresholds(self) -> tuple[tuple[TierName, int], ...]:
        """Return (tier, least micropoints), lowest first."""
        points = (0, self.Silver, self.Gold, self.Platinum, self.Diamond, self.Challenger)
        return tuple(
            (name, floor * MICROPOINTS_PER_POINT) for name, floor in zip(TIERS, points, strict=True)
        )


class Budget(Declaration):
    """Points that may be given by hand in a season, besides the weekly emission.

    Attributes:
        name: Of the ledger account `budget:<name>`.
        points: No more than these may leave it; decimal text with up to six decimals.
        purpose: What they are for.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
    points: Annotated[str, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?$")]
    purpose: Annotated[str, Field(min_length=1, max_length=1024)]

    @property
    def micropoints(self) -> int:
        """The points as micropoints."""
        whole, _, part = self.points.partition(".")
        return int(whole) * MICROPOINTS_PER_POINT + int(part.ljust(6, "0"))


class Terms(Declaration):
    """The terms of one season.

    Attributes:
        season: Its number.
        opens: First instant of week 1, UTC.
        first_cutoff: End of week 1, UTC.
        weeks: Number of weeks.
        issue_delay_hours: From a window's end to its issue instant.
        emission_points: Issued every week, in whole points.
        declared_complete: Kinds that need a manifest from the feed for every day of a window.
        reveal_after_weeks: A formula may be revealed so many weeks after its issue instant; -1
            means at the season's end.
        budgets: The tables `[[budget]]`: what may be given by hand.
    """

    # What a close stores is read again, so it is written as people write it.
    model_config = ConfigDict(serialize_by_alias=True)

    season: Annotated[int, Field(ge=1, le=9999)]
    opens: datetime
    first_cutoff: datetime
    weeks: Annotated[int, Field(ge=1, le=999)] = 10
    issue_delay_hours: Annotated[int, Field(ge=0, le=168)] = 26
    emission_points: Annotated[int, Field(ge=1, le=10_000_000)] = 10_000_000
    declared_complete: tuple[KindName, ...] = ()
    reveal_after_weeks: Annotated[int, Field(ge=-1, le=999)] = 0
    eligibility: Eligibility = Eligibility()
    referral: Referral = Referral()
    qualified_volume: QualifiedVolume = QualifiedVolume()
    tiers: Tiers = Tiers()
    budgets: Annotated[tuple[Budget, ...], Field(alias="budget")] = ()

    @property
    def calendar(self) -> Calendar:
        """The season's weeks."""
        return Calendar(
            self.season,
            self.opens,
            self.first_cutoff,
            self.weeks,
            timedelta(hours=self.issue_delay_hours),
        )

    @property
    def emission(self) -> int:
        """Micropoints issued every week."""
        return self.emission_points * MICROPOINTS_PER_POINT


def parse_terms(text: str) -> Terms:
    """Read the terms of a season from TOML.

    Raises:
        SeasonError: Names every key that is wrong, with the value and what is allowed.
    """
    terms = read_declaration(text, Terms, name="the season file", refusal=SeasonError)
    _check_tiers(terms.tiers)
    _check_budgets(terms.budgets)
    _ = terms.calendar  # raises where the instants make no calendar
    return terms


def _check_tiers(tiers: Tiers) -> None:
    floors = [floor for _, floor in tiers.thresholds()]
    if floors != sorted(set(floors)):
        raise SeasonError("the season file is wrong: the tiers' thresholds do not rise")


def _check_budgets(budgets: tuple[Budget, ...]) -> None:
    times = Counter(budget.name for budget in budgets)
    twice = [name for name, number in times.items() if number > 1]
    if twice:
        raise SeasonError(f"the season file is wrong: budgets are declared twice: {twice!r}")
