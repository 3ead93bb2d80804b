"""A small season, fed by real ingest and sealed for real, copied for every test that asks."""

import random
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs.formula import seal
from jobs.ingest import ingest
from jobs.initialise import initialise, preset_text
from jobs.keys import Keys, load_keys
from jobs.season_files import load_seasons
from jobs.settings import read_settings
from seasons.calendar import find_week
from warehouse.home import Home, open_home
from warehouse.records import Week

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
    for name in ("home", "home.keys"):
        shutil.copytree(prepared / name, tmp_path / name, symlinks=True)
    return open_home(tmp_path / "home")


@pytest.fixture
def season_keys(season_home: Home) -> Keys:
    """The copied home's keys."""
    return load_keys(season_home, read_settings({}))


@pytest.fixture
def week(season_home: Home) -> Callable[[str], Week]:
    """Find a week of the copied home by its label."""
    return lambda label: week_of(season_home, label)
