"""What owners did by themselves: the queries against a plain second way, on random events."""

import math
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from polars.testing import assert_frame_equal

from tests.warehouse.event_files import write
from warehouse.behaviour import BEHAVIOUR_SCHEMA, load_behaviour
from warehouse.home import create_home

UNTIL = datetime(2025, 3, 28, tzinfo=UTC)
END = UNTIL.replace(tzinfo=None)
START = END - timedelta(days=2)


def moment(draw):
    """An instant of three days, the last of which is too late."""
    return START + timedelta(minutes=draw.randrange(3 * 24 * 60))


def some_accounts():
    """Twelve accounts: a01 belongs to a00, and a11 is the exchange's own."""
    return [
        {
            "account_id": f"a{number:02d}",
            "owner_id": "a00" if number == 1 else None,
            "opened_at": START - timedelta(days=number),
            "changed_at": START - timedelta(days=number),
            "kind": "system" if number == 11 else "retail",
        }
        for number in range(12)
    ]


def some_fills(draw):
    fills = []
    for number in range(300):
        cents = draw.randrange(100, 500_000)
        fills.append(
            {
                "fill_id": f"f{number}",
                "ts": moment(draw),
                "market": draw.choice(["BTC", "BTC", "BTC", "BTC", "ETH", "SOL", "DUST"]),
                "maker_id": f"a{draw.randrange(9):02d}",
                "taker_id": f"a{draw.randrange(9):02d}",
                "taker_side": draw.choice(["buy", "sell"]),
                "quantity": draw.choice([0.5, 12, 3_000, 1.234, 0.0123, 4_567]),
                "notional_usd": (cents if number % 7 else 30) / 100,
                "maker_fee_usd": -0.01,
                "taker_fee_usd": 0.05,
                "realised_pnl_taker_usd": None if number % 2 else draw.randrange(-500, 500) / 100,
                "busts": f"f{number - 1}" if number % 50 == 49 else None,
            }
        )
    return fills


def some_logins(draw):
    return [
        {
            "account_id": f"a{draw.randrange(12):02d}",
            "ts": moment(draw),
            "ip_hmac": draw.choice(["x", "y", None]),
            "device_hmac": draw.choice(["d", "d", "e", None]),
        }
        for _ in range(150)
    ]


def some_transfers(draw):
    ends = [*(f"a{number:02d}" for number in range(12)), "0x1", "0x2", "0x3"]
    return [
        {
            "source": draw.choice(ends),
            "destination": draw.choice(ends),
            "ts": moment(draw),
            "amount_usd": draw.choice([None, draw.randrange(1, 9_000) / 100]),
        }
        for _ in range(150)
    ]


REFERRALS = (("a00", "a02"), ("a01", "a03"), ("a04", "a02"), ("a00", "a01"))


@pytest.fixture(scope="module")
def exchange(tmp_path_factory):
    """A home with random events, its files, and the events."""
    home = create_home(tmp_path_factory.mktemp("behaviour") / "home", "home-1", rehearsal=True)
    draw = random.Random(5)
    events = {
        "accounts": some_accounts(),
        "fills": some_fills(draw),
        "logins": some_logins(draw),
        "transfers": some_transfers(draw),
        "referrals": [
            {
                "referral_id": f"r{n}",
                "ts": START + timedelta(hours=n),
                "referrer_id": a,
                "referee_id": b,
            }
            for n, (a, b) in enumerate(REFERRALS)
        ],
    }
    return home, [write(home, kind, rows) for kind, rows in events.items()], events


def owner(account):
    return "a00" if account == "a01" else account


def hours(instants, of):
    return sum(round(1_000 * of(2 * math.pi * ts.hour / 24)) for ts in instants)


def traded(events):
    """The fills of each owner that stood: (fill, whether it took, signed cents)."""
    busted = {f["busts"] for f in events["fills"] if f["busts"] and f["ts"] < END}
    stood = [
        f
        for f in events["fills"]
        if f["ts"] < END and not f["busts"] and f["fill_id"] not in busted
    ]
    legs = defaultdict(list)
    for fill in stood:
        side = 1 if fill["taker_side"] == "buy" else -1
        cents = round(fill["notional_usd"] * 100)
        legs[owner(fill["taker_id"])].append((fill, True, side * cents))
        legs[owner(fill["maker_id"])].append((fill, False, -side * cents))
    return legs


def is_round(quantity):
    return len(f"{quantity:.12f}".replace(".", "").strip("0")) <= 2


def of_trading(legs, thin):
    takes = [fill for fill, took, _ in legs if took]
    sizes = [round(1_000 * math.log(fill["notional_usd"])) for fill in takes]
    cells, markets = defaultdict(list), defaultdict(list)
    for fill, _, signed in legs:
        cells[fill["market"], fill["ts"].date()].append(signed)
        markets[fill["market"]].append(signed)
    flat = [of for of in cells.values() if abs(sum(of)) * 100 <= sum(map(abs, of))]
    return {
        "fills": len(legs),
        "takes": len(takes),
        "trading_days": len({day for _, day in cells}),
        "markets": len(markets),
        "notional_cents": sum(abs(signed) for _, _, signed in legs),
        "taken_cents": sum(abs(signed) for _, took, signed in legs if took),
        "thin_cents": sum(abs(s) for market in thin for s in markets.get(market, [])),
        "main_market_cents": max(sum(map(abs, of)) for of in markets.values()),
        "flat_cents": sum(sum(map(abs, of)) for of in flat),
        "bought_cents": sum(signed for _, _, signed in legs),
        "open_cents": sum(abs(sum(of)) for of in markets.values()),
        "fees_cents": 5 * len(takes) - (len(legs) - len(takes)),
        "size_millis": sum(sizes),
        "square_size_micros": sum(size * size for size in sizes),
        "round_takes": sum(is_round(fill["quantity"]) for fill in takes),
        "trade_east_millis": hours([fill["ts"] for fill in takes], math.cos),
        "trade_north_millis": hours([fill["ts"] for fill in takes], math.sin),
        "first_trade": min(fill["ts"] for fill, _, _ in legs),
        "last_trade": max(fill["ts"] for fill, _, _ in legs),
    }


def by_owner(found):
    return {row["owner_id"]: row for row in found.rows(named=True)}


def agree(row, expected):
    for name, value in expected.items():
        off = 1 if name == "fees_cents" else 0  # of hundredths, rounded
        if off:
            assert abs(row[name] - value) <= off, name
        else:
            assert row[name] == value, name


def test_trading_is_what_a_plain_second_way_counts(exchange):
    home, files, events = exchange
    found = by_owner(load_behaviour(home, files, until=UNTIL))
    legs = traded(events)
    volumes = defaultdict(int)
    for of in legs.values():
        for fill, _, signed in of:
            volumes[fill["market"]] += abs(signed)
    least, up_to, thin = sorted(volumes, key=lambda market: volumes[market]), 0, []
    for market in least:
        up_to += volumes[market]
        if up_to * 20 <= sum(volumes.values()):
            thin.append(market)
    assert set(found) == {f"a{number:02d}" for number in range(11)} - {"a01"}
    for name, of in legs.items():
        agree(found[name], of_trading(of, thin))
    assert found["a10"]["fills"] == 0
    assert found["a10"]["first_trade"] is None
    assert (found["a00"]["accounts"], found["a00"]["opened_at"]) == (2, START - timedelta(days=1))


def test_logins_money_and_arrival_are_what_a_plain_second_way_counts(exchange):
    home, files, events = exchange
    found = by_owner(load_behaviour(home, files, until=UNTIL))
    for name, row in found.items():
        mine = [e for e in events["logins"] if owner(e["account_id"]) == name and e["ts"] < END]
        devices = [e["device_hmac"] for e in mine if e["device_hmac"]]
        moved = [
            (e, owner(e["source"]), owner(e["destination"]))
            for e in events["transfers"]
            if e["ts"] < END
        ]
        came = [e for e, a, b in moved if b == name and a not in found]
        went = [e for e, a, b in moved if a == name and b not in found]
        agree(
            row,
            {
                "logins": len(mine),
                "login_days": len({e["ts"].date() for e in mine}),
                "devices": len(set(devices)),
                "addresses": len({e["ip_hmac"] for e in mine} - {None}),
                "device_logins": len(devices),
                "main_device_logins": max((devices.count(d) for d in devices), default=0),
                "login_east_millis": hours([e["ts"] for e in mine], math.cos),
                "deposits": len(came),
                "deposited_cents": sum(round((e["amount_usd"] or 0) * 100) for e in came),
                "deposit_addresses": len({e["source"] for e in came}),
                "first_deposit": min((e["ts"] for e in came), default=None),
                "withdrawals": len(went),
                "withdrawn_cents": sum(round((e["amount_usd"] or 0) * 100) for e in went),
                "withdrawal_addresses": len({e["destination"] for e in went}),
                "last_withdrawal": max((e["ts"] for e in went), default=None),
                "referred": int(name in {"a02", "a03"}),
                "referees": 2 if name == "a00" else 0,  # a01 is its own, a02 was bound before
            },
        )


def test_the_number_of_threads_changes_nothing(exchange):
    home, files, _ = exchange
    one, many = (load_behaviour(home, files, until=UNTIL, threads=threads) for threads in (1, 4))
    assert one.schema == BEHAVIOUR_SCHEMA
    assert_frame_equal(one, many, check_exact=True)


def test_kinds_without_files_count_as_nothing_done(exchange):
    home, files, _ = exchange
    alone = load_behaviour(home, files[:1], until=UNTIL)
    assert alone.schema == BEHAVIOUR_SCHEMA
    assert alone.select("fills", "logins", "deposits", "referred").sum().row(0) == (0, 0, 0, 0)
    assert load_behaviour(home, [], until=UNTIL).height == 0
