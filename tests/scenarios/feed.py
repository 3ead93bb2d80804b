"""Turns what a scenario tells into a home: a season, sealed formulas, and ingested event files.

Every account trades once a week against the exchange's own desk, for a fee of as many dollars as it
is to earn points. The only pool pays in proportion to fees, so that each earns what is told.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from jobs.formula import seal
from jobs.ingest import ingest
from jobs.initialise import initialise, preset_text
from jobs.keys import Keys, load_keys
from jobs.settings import read_settings
from seasons.terms import parse_terms
from tests.scenarios.script import Scenario
from warehouse.home import Home
from warehouse.records import MICROPOINTS_PER_POINT, Week

TERMS: Final = preset_text("backpack", 1)
CALENDAR: Final = parse_terms(TERMS).calendar
FED_AT: Final = datetime(2025, 3, 1, tzinfo=UTC)
OPENED: Final = "2025-03-20T00:00:00Z"
DESKS: Final = ("exchange-desk", "exchange-desk-2")  # of the exchange; they earn nothing
ASKS_ABOUT_FAMILIES: Final = """\
[grounds]
least_owners = 2
least_on_devices = 2
arrival_millibits = 0
arrival_each_millibits = 0
"""
HEADERS: Final = {
    "accounts": "account_id,opened_at,changed_at,owner_id,kind,kyc_level,declared_group",
    "referrals": "referral_id,ts,referrer_id,referee_id",
    "fills": "fill_id,ts,market,product,maker_id,taker_id,taker_side,price,quantity,notional_usd,"
    "maker_fee_usd,taker_fee_usd",
    "logins": "login_id,ts,account_id,ip,device_id",
    "transfers": "transfer_id,ts,source,destination,asset,amount",
}

Lines = dict[str, list[str]]


def week_of(label: str) -> Week:
    """Return a week of the season that scenarios play in."""
    return CALENDAR.week(int(label[-2:]))


def prepare(scenario: Scenario, place: Path) -> tuple[Home, Keys]:
    """Make a home in which everything that the scenario tells of has been fed in."""
    text = season_text(scenario)
    home = initialise(place / "home", read_settings({}), text, rehearsal=False, now=FED_AT).home
    if scenario.policy != "preset":
        home.policy.write_text(scenario.policy, encoding="utf-8")
    if scenario.tolerated_owners is not None:
        ours = f"tolerated_owners = {scenario.tolerated_owners}"
        told = re.sub(r"tolerated_owners = \d+", ours, home.policy.read_text(encoding="utf-8"))
        home.policy.write_text(told, encoding="utf-8")
        home.detection.write_text(ASKS_ABOUT_FAMILIES, encoding="utf-8")
    keys = load_keys(home, read_settings({}))
    write(event_lines(scenario), place / "feed")
    summary = ingest(home, keys.identifier, [place / "feed"], FED_AT)
    assert summary.total.quarantined == 0, summary
    for label in scenario.weeks:
        seal(home, keys, formula_text(scenario), week_of(label), real_now=FED_AT)
    return home, keys


def season_text(scenario: Scenario) -> str:
    """Return the season file: the preset's, with what the scenario says of emission and budgets."""
    kinds = ", ".join(f'"{kind}"' for kind in scenario.excluded_kinds)
    text = TERMS.replace("emission_points = 10000000", f"emission_points = {scenario.emission}")
    text = text.replace(
        'excluded_kinds = ["system", "market_maker"]', f"excluded_kinds = [{kinds}]"
    )
    for name, points in scenario.budgets.items():
        text = text.split("[[budget]]")[0] if name == "corrections" else text
        text += f'\n[[budget]]\nname = "{name}"\npoints = "{points}"\npurpose = "told"\n'
    terms = parse_terms(text)
    assert terms.emission_points == scenario.emission
    assert set(terms.eligibility.excluded_kinds) == set(scenario.excluded_kinds)
    return text


def formula_text(scenario: Scenario) -> str:
    """Return the formula: fees, and what referrers earn by their referees."""
    shares = {"net_fees_usd": 100 - scenario.referral_percent}
    if scenario.referral_percent:
        shares["referred_points"] = scenario.referral_percent
    return "".join(
        f'[[pool]]\nname = "{measure}"\nshare_bps = {percent * 100}\nmeasure = "{measure}"\n'
        'curve = { kind = "linear" }\n'
        for measure, percent in shares.items()
    )


def event_lines(scenario: Scenario) -> Lines:
    """Return the lines of the event files, by kind."""
    lines: Lines = defaultdict(list)
    lines["accounts"] += _accounts(scenario)
    for change in scenario.changes:
        known = scenario.accounts.get(change.account)
        owner = change.owner or (known and known.owner) or change.account
        kind = change.kind or (known.kind if known else "retail")
        group = (known and known.declared_group) or ""
        at = f"{change.day}T00:00:00Z"
        row = f"{change.account},{OPENED},{at},{owner},{kind},2,{group}"
        lines["accounts"].append(row)
    for referrer, referees in scenario.referrals.items():
        lines["referrals"] += [
            f"r-{referee},{OPENED},{referrer},{referee}" for referee in scenario.each(*referees)
        ]
    for label in scenario.weeks:
        _trade(scenario, label, lines)
    for number, seen in enumerate(scenario.seen):
        noon = f"{seen.day}T12:00:00Z"
        for account in scenario.each(*seen.who):
            name = f"{number}-{account}"
            if seen.device or seen.address:
                row = f"l-{name},{noon},{account},{seen.address or ''},{seen.device or ''}"
                lines["logins"].append(row)
            if seen.sends_to:
                row = f"t-{name},{noon},{account},{seen.sends_to},USDC,5"
                lines["transfers"].append(row)
    return lines


def write(lines: Lines, folder: Path) -> None:
    """Write event files as CSV, one a kind."""
    folder.mkdir()
    for kind, rows in lines.items():
        (folder / f"{kind}.csv").write_text("\n".join([HEADERS[kind], *rows]) + "\n")


def _accounts(scenario: Scenario) -> Iterable[str]:
    for desk in DESKS:
        yield f"{desk},{OPENED},{OPENED},,system,2,"
    for number in range(scenario.bystanders):
        yield f"bystander-{number},{OPENED},{OPENED},,retail,2,"
    traders = {account for week in scenario.weeks.values() for account in scenario.each(*week)}
    seen = {account for one in scenario.seen for account in scenario.each(*one.who)}
    for account in sorted(traders | seen | set(scenario.accounts)):
        known = scenario.accounts.get(account)
        owner, group = (known.owner, known.declared_group) if known else (None, None)
        kind = known.kind if known else "retail"
        yield f"{account},{OPENED},{OPENED},{owner or ''},{kind},2,{group or ''}"


def _trade(scenario: Scenario, label: str, lines: Lines) -> None:
    week = week_of(label)
    first = week.start.date() + timedelta(days=1)
    for account, micropoints in scenario.earned(label).items():
        fee = f"{micropoints // MICROPOINTS_PER_POINT}.{micropoints % MICROPOINTS_PER_POINT:06d}"
        lines["fills"].append(_fill(f"{label}-{account}", first, account, fee))
    day = week.start.date()
    while datetime.combine(day, time(), UTC) < week.end:  # a day without trades would be missing
        lines["fills"].append(_fill(f"{label}-{day}", day, DESKS[1], "0"))
        day += timedelta(days=1)


def _fill(name: str, day: date, taker: str, fee: str) -> str:
    at = f"{day}T12:00:00Z"
    return f"f-{name},{at},SOL-USDC,spot,{DESKS[0]},{taker},buy,100,1,100,0,{fee}"
