"""Events as lists, their Parquet files, and every measure by a second, plain way."""

import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import pairwise
from pathlib import Path

import polars as pl

from seasons.activity import MEASURES, measure_values
from seasons.eligibility import eligible_owners, of_eligible
from seasons.formulas import Curve, CurveKind, Pool
from seasons.terms import Eligibility
from warehouse.activity import load_activity
from warehouse.frames import Activity, RoundTripRule, Scope
from warehouse.home import Home
from warehouse.instants import to_stored
from warehouse.records import EventFile, Week
from warehouse.schemas import KIND_BY_NAME

# The first week of season 1 has six days.
WEEK = Week(
    season=1,
    number=1,
    start=datetime(2025, 3, 21, tzinfo=UTC),
    end=datetime(2025, 3, 27, tzinfo=UTC),
    issue_at=datetime(2025, 3, 28, 2, tzinfo=UTC),
)
START, END = to_stored(WEEK.start), to_stored(WEEK.end)
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)
KINDS = ("system", "market_maker")
TERMS = Eligibility(minimum_kyc_level=1, excluded_countries=("KP",), excluded_kinds=KINDS)
POLARS_TYPES = {
    "VARCHAR": pl.String(),
    "TIMESTAMP": pl.Datetime("us"),
    "DECIMAL(28,10)": pl.Decimal(28, 10),
    "DECIMAL(38,12)": pl.Decimal(38, 12),
    "UTINYINT": pl.UInt8(),
}

# Events as dataclasses: amounts in integer units of 10^-10 USD ------------------------------------


@dataclass(frozen=True)
class Account:
    account_id: str
    owner_id: str | None = None
    kind: str | None = None
    country: str | None = None
    kyc_level: int | None = 1
    changed_at: datetime = START - 90 * HOUR


@dataclass(frozen=True)
class Fill:
    fill_id: str
    maker_id: str = "ann"
    taker_id: str = "bob"
    ts: datetime = START
    market: str = "SOL-PERP"
    product: str = "perp"
    notional_usd: int = 10**12
    maker_fee_usd: int = 0
    taker_fee_usd: int = 0
    referral_paid_usd: int | None = None
    realised_pnl_maker_usd: int | None = None
    realised_pnl_taker_usd: int | None = None
    busts: str | None = None
    taker_side: str = "buy"
    quantity: Decimal = Decimal(1)


@dataclass(frozen=True)
class Balance:
    snapshot_id: str
    amount_usd: int
    account_id: str = "ann"
    ts: datetime = START
    kind: str = "lent"
    asset: str = "USD"


@dataclass(frozen=True)
class Referral:
    referral_id: str
    referrer_id: str
    referee_id: str
    ts: datetime = START - 24 * HOUR


@dataclass(frozen=True)
class Events:
    accounts: Sequence[Account] = (Account("ann"), Account("bob"))
    fills: Sequence[Fill] = ()
    balances: Sequence[Balance] = ()
    referrals: Sequence[Referral] = ()
    confirmed: Sequence[tuple[str, str]] = ()

    def store(self, folder: Path) -> tuple[Home, tuple[EventFile, ...]]:
        """Write every kind as one Parquet file a day, as ingest would register them."""
        home = Home(folder, "test", rehearsal=True)
        home.staging.mkdir(exist_ok=True)
        files: list[EventFile] = []
        for name in ("accounts", "fills", "balances", "referrals"):
            by_day: dict[datetime, list[dict[str, object]]] = defaultdict(list)
            for event in getattr(self, name):
                row = stored_row(name, vars(event))
                by_day[row[KIND_BY_NAME[name].instant].date()].append(row)
            files += [store_file(folder, name, day, rows) for day, rows in by_day.items()]
        return home, tuple(files)


def stored_row(kind: str, event: dict[str, object]) -> dict[str, object]:
    row: dict[str, object] = {}
    for name, stored_type in KIND_BY_NAME[kind].stored():
        value = event.get(name, {"opened_at": START, "price": 1}.get(name))
        is_usd = stored_type == "DECIMAL(28,10)" and value is not None
        row[name] = Decimal(value).scaleb(-10) if is_usd else value
    return row


def store_file(folder: Path, kind: str, day: date, rows: list[dict[str, object]]) -> EventFile:
    schema = {name: POLARS_TYPES[stored] for name, stored in KIND_BY_NAME[kind].stored()}
    path = folder / "events" / kind / f"day={day}" / "part.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows, schema=schema).write_parquet(path)
    busts = sum(row.get("busts") is not None for row in rows)
    name = path.relative_to(folder).as_posix()
    return EventFile(name, kind, day, len(rows), busts, "", WEEK.end)


# The second, plain way ----------------------------------------------------------------------------


class Plain:
    """Every measure by definition, one event after the other."""

    def __init__(self, events: Events) -> None:
        self.events = events
        self.sums: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
        self.known: dict[str, Account] = {}
        for version in sorted(events.accounts, key=lambda account: account.changed_at):
            if version.changed_at < END:
                self.known[version.account_id] = version

    def owner(self, account: str) -> str:
        version = self.known.get(account)
        return account if version is None else version.owner_id or account

    def earner(self, account: str) -> str | None:
        """Return the eligible owner of an account whose activity counts."""
        version = self.known.get(account)
        if version is None or version.kind in KINDS or not self.is_eligible(self.owner(account)):
            return None
        return self.owner(account)

    def is_eligible(self, owner: str) -> bool:
        versions = [self.known[name] for name in self.known if self.owner(name) == owner]
        return (
            any(version.kind not in KINDS for version in versions)
            and not any(version.country == "KP" for version in versions)
            and max(version.kyc_level or 0 for version in versions) >= 1
        )

    def trades(self) -> Iterator[Fill]:
        busted = {fill.busts for fill in self.events.fills}
        cases: dict[str, set[str]] = defaultdict(set)
        for owner, case in self.events.confirmed:
            cases[owner].add(case)
        for fill in self.events.fills:
            maker, taker = self.owner(fill.maker_id), self.owner(fill.taker_id)
            if (
                START <= fill.ts < END
                and fill.busts is None
                and fill.fill_id not in busted
                and maker != taker
                and not cases[maker] & cases[taker]
            ):
                yield fill

    def add_fills(self) -> None:
        days, markets = defaultdict(set), defaultdict(set)
        for fill in self.trades():
            for role in ("maker", "taker"):
                owner = self.earner(getattr(fill, f"{role}_id"))
                if owner is not None:
                    self.add_side(owner, role, fill)
                    days[owner].add(fill.ts.date())
                    markets[owner].add(fill.market)
        for owner in days:
            self.sums["trading_days"][owner] = Fraction(len(days[owner]))
            self.sums["markets_traded"][owner] = Fraction(len(markets[owner]))

    def add_side(self, owner: str, role: str, fill: Fill) -> None:
        fees = {"maker": fill.maker_fee_usd, "taker": fill.taker_fee_usd}
        paid = {side: max(fee, 0) for side, fee in fees.items()}
        kept = max(0, sum(fees.values()) - (fill.referral_paid_usd or 0))
        makers_part = kept * paid["maker"] // (sum(paid.values()) or 1)
        net = makers_part if role == "maker" else kept - makers_part
        pnl = getattr(fill, f"realised_pnl_{role}_usd") or 0
        for name, units in (
            (f"{fill.product}_notional_usd", fill.notional_usd),
            (f"{role}_notional_usd", fill.notional_usd),
            ("fees_usd", paid[role]),
            ("net_fees_usd", net),
            ("realised_pnl_abs_usd", abs(pnl)),
        ):
            self.sums[name][owner] += Fraction(units, 10**10)

    def held(self, account: str, kind: str, asset: str, instant: datetime) -> int:
        """Return what the last snapshot up to an instant says."""
        past = [
            (balance.ts, balance.snapshot_id, balance.amount_usd)
            for balance in self.events.balances
            if (balance.account_id, balance.kind, balance.asset) == (account, kind, asset)
            and balance.ts <= instant
        ]
        return max(past)[2] if past else 0

    def add_balances(self) -> None:
        inside = {item.ts for item in self.events.balances if START < item.ts < END}
        instants = sorted({START, END} | inside)
        assets = {(item.kind, item.asset) for item in self.events.balances}
        names = {"position": "open_interest_usd_hours"}
        for since, until in pairwise(instants):
            hours = Fraction((until - since) // TICK, HOUR // TICK)
            for kind, asset in assets:
                name = names.get(kind, f"{kind}_usd_hours")
                for owner, units in self.amounts(kind, asset, since).items():
                    self.sums[name][owner] += units * hours / 10**10

    def amounts(self, kind: str, asset: str, instant: datetime) -> dict[str, int]:
        every, counted = defaultdict(int), defaultdict(int)
        for account in self.known:
            units = self.held(account, kind, asset, instant)
            if kind != "position":
                units = max(units, 0)
            every[self.owner(account)] += units
            if self.earner(account) is not None:
                counted[self.owner(account)] += units
        if kind != "position":
            return counted
        return {owner: min(abs(counted[owner]), abs(every[owner])) for owner in counted}

    def add_referrals(self) -> None:
        bound: dict[str, tuple[str, bool]] = {}
        for item in sorted(self.events.referrals, key=lambda item: (item.ts, item.referral_id)):
            known = item.referrer_id in self.known and item.referee_id in self.known
            if item.ts < END:
                bound.setdefault(self.owner(item.referee_id), (self.owner(item.referrer_id), known))
        parents = {referee: referrer for referee, (referrer, known) in bound.items() if known}
        active, net = dict(self.sums["trading_days"]), dict(self.sums["net_fees_usd"])
        for referee, referrer in parents.items():
            if self.on_cycle(referee, parents) or not self.is_eligible(referrer):
                continue
            if active.get(referee, 0) > 0:
                self.sums["active_referees"][referrer] += 1
                self.sums["referred_net_fees_usd"][referrer] += net.get(referee, 0)

    @staticmethod
    def on_cycle(owner: str, parents: dict[str, str]) -> bool:
        ancestor, seen = parents.get(owner), set()
        while ancestor is not None and ancestor not in seen:
            if ancestor == owner:
                return True
            seen.add(ancestor)
            ancestor = parents.get(ancestor)
        return False

    def values(self) -> dict[str, dict[str, int]]:
        self.add_fills()
        self.add_balances()
        self.add_referrals()
        return {
            measure.name: {
                owner: int(value * 10**6)
                for owner, value in sorted(self.sums[measure.name].items())
                if int(value * 10**6) > 0
            }
            for measure in MEASURES
            if measure.name != "referred_points"
        }


def drawn_fill(draw: random.Random, number: int, people: list[str], ts: datetime) -> Fill:
    def pnl() -> int | None:
        return draw.choice([None, draw.randint(-(10**14), 10**14)])

    return Fill(
        fill_id=f"f{number}",
        maker_id=draw.choice(people),
        taker_id=draw.choice(people),
        ts=ts,
        market=f"M{draw.randint(0, 130)}",
        product=draw.choice(["spot", "perp", "equity"]),
        notional_usd=draw.randint(0, 10**16),
        maker_fee_usd=draw.randint(-(10**9), 10**11),
        taker_fee_usd=draw.randint(-(10**9), 10**11),
        referral_paid_usd=draw.choice([None, draw.randint(0, 10**11)]),
        realised_pnl_maker_usd=pnl(),
        realised_pnl_taker_usd=pnl(),
        busts=draw.choice([None] * 99 + [f"f{draw.randint(0, 3000)}"]),
    )


def large_sample(seed: int) -> Events:
    """Return some thousand events of sixty accounts, drawn from a seed."""
    draw = random.Random(seed)
    people = [f"a{number}" for number in range(60)]
    hours = partial(draw.randint, -30, 6 * 24 + 12)

    def instant():
        return START + hours() * HOUR + timedelta(microseconds=draw.randint(0, 10**9))

    return Events(
        accounts=[
            Account(
                name,
                draw.choice([None, None, None, f"a{number // 2}"]),
                draw.choice([None] * 9 + ["system"]),
            )
            for number, name in enumerate(people[:-2])
        ],
        fills=[drawn_fill(draw, number, people, instant()) for number in range(3000)],
        balances=[
            Balance(
                f"b{number:02}",
                draw.randint(-(10**15), 10**15),
                draw.choice(people),
                instant(),
                draw.choice(["lent", "borrowed", "collateral", "position"]),
                draw.choice(["SOL", "BTC"]),
            )
            for number in range(90)
        ],
        referrals=[
            Referral(f"r{number}", draw.choice(people), draw.choice(people), instant())
            for number in range(80)
        ],
        confirmed=[(f"a{number}", f"c{number % 7}") for number in range(0, 40, 3)],
    )


def read(
    events: Events, markets: tuple[str, ...] = (), rule: RoundTripRule | None = None
) -> Activity:
    with tempfile.TemporaryDirectory() as folder:
        home, files = events.store(Path(folder))
        confirmed = pl.DataFrame(
            list(events.confirmed),
            schema={"owner_id": pl.String, "case_id": pl.String},
            orient="row",
        )
        return load_activity(home, WEEK, files, confirmed, Scope(KINDS, markets, rule))


def read_eligible(events: Events) -> Activity:
    activity = read(events)
    return of_eligible(activity, eligible_owners(activity, TERMS))


def exact(activity: Activity) -> dict[str, dict[str, Fraction]]:
    """Return owner -> exact sum, before any floor, of the measures that are sums over events."""
    columns = ("spot_notional", "perp_notional", "equity_notional", "fees", "net_fees")
    sums: dict[str, dict[str, Fraction]] = {}
    for column in (*columns, "realised_pnl_abs"):
        rows = activity.fills.group_by("owner_id").agg(pl.col(column).sum()).iter_rows()
        sums[f"{column}_usd"] = {owner: Fraction(units, 10**10) for owner, units in rows}
    for kind in ("position", "lent", "borrowed", "collateral"):
        rows = activity.balances.filter(pl.col("kind") == kind).select("owner_id", "usd_time")
        hours = 10**10 * (HOUR // TICK)
        name = "open_interest" if kind == "position" else kind
        sums[f"{name}_usd_hours"] = {
            owner: Fraction(units, hours) for owner, units in rows.iter_rows()
        }
    return {
        name: {owner: value for owner, value in by_owner.items() if value}
        for name, by_owner in sums.items()
    }


def measured(events: Events) -> dict[str, dict[str, int]]:
    """Return owner -> millionths for every measure, by the house's way."""
    counted = read_eligible(events)
    tiers = pl.DataFrame(schema={"owner_id": pl.String, "tier": pl.String})
    return {
        measure.name: dict(
            measure_values(
                counted, Pool("p", 10_000, measure.name, Curve(CurveKind.LINEAR)), tiers
            ).iter_rows()
        )
        for measure in MEASURES
        if measure.name != "referred_points"
    }
