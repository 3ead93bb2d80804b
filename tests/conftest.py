"""What tests of several packages share: homes to be copied, with their keys, and cases in them."""

import random
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

import polars as pl
import pytest
from hypothesis import settings

from jobs.formula import seal
from jobs.ingest import ingest
from jobs.initialise import initialise, preset_text
from jobs.issue import issue
from jobs.keys import Keys, load_keys
from jobs.season_files import load_seasons
from jobs.settings import read_settings
from seasons.calendar import find_week
from tests.moderators import Moderators
from warehouse.connection import transaction
from warehouse.detections import DetectionRun, store_detection
from warehouse.findings import (
    CLUSTERS_SCHEMA,
    EDGES_SCHEMA,
    HUBS_SCHEMA,
    MEMBERS_SCHEMA,
    CaseChange,
    Detection,
)
from warehouse.home import Home, open_home
from warehouse.records import Week

NOW = datetime(2025, 4, 1, tzinfo=UTC)
# Several processes share the machine, so a slow example says nothing about the code.
settings.register_profile("winnow", deadline=None, max_examples=50)
settings.load_profile("winnow")
SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty home and its keys, to be copied: a copy is cheaper than a new one."""
    root = tmp_path_factory.mktemp("pristine")
    text = preset_text("backpack", 1)
    initialise(root / "home", read_settings({}), text, rehearsal=False, now=NOW)
    return root


def copy_home(root: Path, place: Path) -> Home:
    """Copy the home and the keys in `root` to another folder, and open the copy."""
    for name in ("home", "home.keys"):
        shutil.copytree(root / name, place / name, symlinks=True)
    return open_home(place / "home")


@pytest.fixture
def empty_home(pristine: Path, tmp_path: Path) -> Home:
    """An empty home with the terms of season 1 of the preset."""
    return copy_home(pristine, tmp_path)


@pytest.fixture
def home(empty_home: Home) -> Home:
    """The empty home, unless a file's own tests need it otherwise."""
    return empty_home


@pytest.fixture
def keys(home: Home) -> Keys:
    """The home's secret keys."""
    return load_keys(home, read_settings({}))


# Cases --------------------------------------------------------------------------------------------

FOUND_AT: Final = datetime(2025, 3, 27, tzinfo=UTC)
NO_ACCOUNTS: Final[Mapping[str, str]] = MappingProxyType({})


class FindCase(Protocol):
    """Opens a case, or gives it more, the way the detection does; see `found_case`."""

    def __call__(
        self,
        home: Home,
        case_id: str,
        *owners: str,
        at: datetime = FOUND_AT,
        evidence: pl.DataFrame | None = None,
        accounts: Mapping[str, str] = NO_ACCOUNTS,
    ) -> None: ...


def shared_device(*owners: str, value: str = "phone") -> pl.DataFrame:
    """Return the evidence that every two of the owners used one device."""
    rows = [
        (a, b, "device", "device", value, len(owners), 9_000, True, None, None, 2, a, b)
        for a, b in combinations(sorted(owners), 2)
    ]
    return pl.DataFrame(rows, schema=EDGES_SCHEMA, orient="row")


def found_case(move: str) -> FindCase:
    """Return what stores a detection by which a case is opened, gains something or is reopened."""

    def find(
        home: Home,
        case_id: str,
        *owners: str,
        at: datetime = FOUND_AT,
        evidence: pl.DataFrame | None = None,
        accounts: Mapping[str, str] = NO_ACCOUNTS,
    ) -> None:
        """Store it.

        Args:
            home: The home.
            case_id: Of the case.
            *owners: Who is new to it, each with one account that is called like them.
            at: When the detection ran, and where it stopped looking.
            evidence: What is new; by default the owners share one device.
            accounts: More accounts, and whose they are.
        """
        members = {**{owner: owner for owner in owners}, **accounts}
        change = CaseChange(
            case_id=case_id,
            cluster_id=f"K-{case_id}",
            move=move,
            score=0.9,
            reason="they share a device",
            members=pl.DataFrame(
                {"account_id": list(members), "owner_id": list(members.values())},
                {"account_id": pl.String, "owner_id": pl.String},
            ),
            evidence=shared_device(*owners) if evidence is None else evidence,
        )
        nothing_else = Detection(
            edges=pl.DataFrame(schema=EDGES_SCHEMA),
            pairs=pl.DataFrame(),
            clusters=pl.DataFrame(schema=CLUSTERS_SCHEMA),
            members=pl.DataFrame(schema=MEMBERS_SCHEMA),
            hubs=pl.DataFrame(schema=HUBS_SCHEMA),
            scores=pl.DataFrame(),
        )
        run = DetectionRun(as_of=at, started_at=at, accounts=len(members), terms="{}")
        with transaction(home) as connection:
            store_detection(connection, run, nothing_else, [change])

    return find


@pytest.fixture(scope="session")
def open_case() -> FindCase:
    """Open a case."""
    return found_case("opened")


@pytest.fixture(scope="session")
def extend_case() -> FindCase:
    """Give an undecided case more."""
    return found_case("gained")


@pytest.fixture(scope="session")
def reopen_case() -> FindCase:
    """Reopen a dismissed case."""
    return found_case("reopened")


def let_one_person_decide(home: Home) -> None:
    """Change the policy so that one person alone decides, however much is at stake."""
    text = home.policy.read_text(encoding="utf-8")
    changed = text.replace("alone_points = 100000 ", "alone_points = 1000000000 ")
    assert changed != text, "the preset wants two people where much is at stake"
    home.policy.write_text(changed, encoding="utf-8")


# A season -----------------------------------------------------------------------------------------

OPENS = datetime(2025, 3, 21, tzinfo=UTC)
FED_AT = datetime(2025, 4, 30, tzinfo=UTC)
OWNERS = tuple(f"trader-{number}" for number in range(12))
FORMULA = """
[[pool]]
name = "volume"
share_bps = 6000
measure = "spot_notional_usd"
curve = { kind = "power", tenths = 9 }

[[pool]]
name = "fees"
share_bps = 3000
measure = "net_fees_usd"
curve = { kind = "linear" }
cap_bps = 2500

[[pool]]
name = "referrals"
share_bps = 1000
measure = "referred_points"
curve = { kind = "linear" }
"""


def write_feed(folder: Path, *, days: int, seed: int = 7) -> None:
    """Write accounts, referrals and fills of some days as CSV."""
    draw = random.Random(seed)
    folder.mkdir()
    (folder / "accounts-2025-03-20.csv").write_text(
        "account_id,opened_at,kyc_level\n"
        + "".join(f"{owner},2025-03-20T00:00:00Z,2\n" for owner in OWNERS)
    )
    (folder / "referrals-2025-03-20.csv").write_text(
        "referral_id,ts,referrer_id,referee_id\n"
        + "".join(f"r{n},2025-03-20T01:00:00Z,{OWNERS[0]},{OWNERS[n]}\n" for n in range(1, 4))
    )
    for day in range(days):
        start = OPENS + timedelta(days=day)
        lines = [
            "fill_id,ts,market,product,maker_id,taker_id,taker_side,price,quantity,"
            "notional_usd,maker_fee_usd,taker_fee_usd"
        ]
        for number in range(30):
            maker, taker = draw.sample(OWNERS, 2)
            at = start + timedelta(seconds=draw.randrange(86_400))
            cents = draw.randrange(100, 10_000_000)
            lines.append(
                f"f{day}-{number},{at:%Y-%m-%dT%H:%M:%SZ},SOL-USDC,spot,{maker},{taker},buy,"
                f"100,{cents / 100:.2f},{cents}.00,0,{cents / 1000:.3f}"
            )
        (folder / f"fills-{start:%Y-%m-%d}.csv").write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two weeks of events and their sealed formulas, to be copied."""
    root = tmp_path_factory.mktemp("season")
    write_feed(root / "feed", days=13)
    text = preset_text("backpack", 1)
    home = initialise(root / "home", read_settings({}), text, rehearsal=False, now=FED_AT).home
    keys = load_keys(home, read_settings({}))
    summary = ingest(home, keys.identifier, [root / "feed"], FED_AT)
    assert summary.total.quarantined == 0
    for label in ("S1W01", "S1W02"):
        seal(home, keys, FORMULA, week_of(home, label), real_now=FED_AT)
    return root


def week_of(home: Home, label: str) -> Week:
    """Return a week of a home's seasons."""
    return find_week((terms.calendar for terms in load_seasons(home)), label)


@pytest.fixture
def season_home(prepared: Path, tmp_path: Path) -> Home:
    """A copy of the prepared home, with its keys beside it."""
    return copy_home(prepared, tmp_path)


@pytest.fixture
def season_keys(season_home: Home) -> Keys:
    """The copied home's keys."""
    return load_keys(season_home, read_settings({}))


@pytest.fixture
def week(season_home: Home) -> Callable[[str], Week]:
    """Find a week of the copied home by its label."""
    return lambda label: week_of(season_home, label)


# Cases in a season --------------------------------------------------------------------------------

TWO_RULES = """
version = "two-rules"
appeal_days = 14
tolerated_accounts = 1
reach_back_weeks = 2

[deciding]
alone_owners = 3
alone_points = 1000000000

[[rule]]
name = "pair"
keep_bps = 2500
most_owners = 2
why = "Two accounts were used together."

[[rule]]
name = "more"
keep_bps = 0
why = "Some accounts were used together."
"""
PAIR, FOUR = OWNERS[1:3], OWNERS[4:8]  # trader-0 referred the pair, and trader-3


@pytest.fixture(scope="session")
def one_week(prepared: Path, tmp_path_factory: pytest.TempPathFactory, open_case: FindCase) -> Path:
    """One issued week in which C-1, a pair, was open; C-2, of four, was opened after it.

    The policy lets a pair keep a quarter, and more than two nothing; of four, two people decide.
    """
    root = tmp_path_factory.mktemp("one-week")
    home = copy_home(prepared, root)
    home.policy.write_text(TWO_RULES)
    open_case(home, "C-1", *PAIR)
    issue_week(home, "S1W01")
    open_case(home, "C-2", *FOUR)
    return root


@pytest.fixture(scope="session")
def two_weeks(one_week: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The second week as well, issued while both cases were open."""
    root = tmp_path_factory.mktemp("two-weeks")
    issue_week(copy_home(one_week, root), "S1W02")
    return root


def issue_week(home: Home, label: str) -> None:
    """Issue a week of a home when it is due."""
    due = week_of(home, label)
    issue(home, load_keys(home, read_settings({})), due, due.issue_at)


def moderators_of(home: Home) -> Moderators:
    """Return who decides in a home, once its second week was issued."""
    return Moderators(home, load_keys(home, read_settings({})), week_of(home, "S1W02").issue_at)


@pytest.fixture
def after_one(one_week: Path, tmp_path: Path) -> Moderators:
    """Who decides in a copy of the home with one issued week."""
    return moderators_of(copy_home(one_week, tmp_path))


@pytest.fixture
def after_two(two_weeks: Path, tmp_path: Path) -> Moderators:
    """Who decides in a copy of the home with two issued weeks."""
    return moderators_of(copy_home(two_weeks, tmp_path))
