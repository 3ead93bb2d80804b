"""What fills say of pairs: the queries on days that were made up by hand, and by chance."""

import random
from collections import Counter, defaultdict
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.warehouse.event_files import write
from warehouse.evidence import Caps, load_sightings
from warehouse.home import create_home
from warehouse.trading import FlowLimits, load_aligned_fills

UNTIL = datetime(2025, 4, 10, tzinfo=UTC)
START = datetime(2025, 3, 26, tzinfo=UTC).replace(tzinfo=None)
CAPS = Caps(device=4, network=3, withdrawal_destination=3, deposit_source=4)
LIMITS = FlowLimits()
MARKETS = "PQRSTUVW"


@pytest.fixture
def home(tmp_path):
    return create_home(tmp_path / "home", "home-1", rehearsal=True)


class Tape:
    """Fills, written down in sentences; makers and takers get accounts on the way."""

    def __init__(self):
        self.fills, self.kinds = [], {}

    def take(self, taker, side, at, market="P", size=100, maker="maker", **busts):
        self.kinds.setdefault(taker, "retail")
        self.kinds.setdefault(maker, "market_maker" if maker == "maker" else "retail")
        self.fills.append(
            {
                "fill_id": f"f{len(self.fills)}",
                "ts": START + at,
                "market": market,
                "product": "perp",
                "maker_id": maker,
                "taker_id": taker,
                "taker_side": side,
                "price": Decimal(1),
                "quantity": Decimal(size),
                "notional_usd": Decimal(size),
                **busts,
            }
        )

    def files(self, home, owners=()):
        owner = dict(owners)
        accounts = [
            {
                "account_id": name,
                "opened_at": START,
                "changed_at": START - timedelta(days=1),
                "owner_id": owner.get(name, name),
                "kind": kind,
            }
            for name, kind in self.kinds.items()
        ]
        return [write(home, "accounts", accounts), write(home, "fills", self.fills)]

    def flow(self, home, limits=LIMITS, threads=None, owners=()):
        caps = replace(CAPS, flow=limits)
        files = self.files(home, owners)
        return load_sightings(home, files, until=UNTIL, caps=caps, threads=threads).flow


def noise(draw, traders=30, fills=1_500, days=7):
    """People who trade when they like."""
    tape = Tape()
    for _ in range(fills):
        at = timedelta(microseconds=draw.randrange(days * 86_400_000_000))
        taker, maker = draw.sample([f"n{n:02d}" for n in range(traders)], 2)
        tape.take(
            taker,
            draw.choice(("buy", "sell")),
            at,
            draw.choice(MARKETS),
            draw.randrange(1, 9),
            maker,
        )
    return tape


def hedge(tape, draw, owners, sessions, jitter=10):
    """One long, the others short, closed a quarter of an hour later."""
    for session in range(sessions):
        at = timedelta(hours=draw.randrange(14 * 24), minutes=draw.randrange(60))
        lone = owners[session % len(owners)]
        for first, after in (("buy", timedelta()), ("sell", timedelta(minutes=17, seconds=7))):
            other = "sell" if first == "buy" else "buy"
            for owner in owners:
                late = timedelta(seconds=draw.random() * jitter)
                side = first if owner == lone else other
                size = 100 if owner == lone else 100 // (len(owners) - 1)
                tape.take(owner, side, at + after + late, size=size)


def test_meetings_of_a_hedge_are_counted_by_side_and_order(home):
    draw = random.Random(1)
    tape = noise(draw, days=14)
    hedge(tape, draw, ["ann", "bob"], 20)
    (minute,) = tape.flow(home).meetings.filter(seconds=60, owner_a="ann").rows(named=True)
    assert (minute["owner_a"], minute["owner_b"]) == ("ann", "bob")
    assert minute["coincidences"] >= 30  # a few fall on both sides of a minute's end
    assert 0 < minute["begun_by_a"] < minute["coincidences"]
    assert abs(2 * minute["bought_by_a"] - minute["coincidences"]) <= 8
    assert minute["same_side"] <= 2
    assert minute["open_bps"] < 500


def test_one_against_the_rest_leaves_nothing_open_though_the_rest_is_on_one_side(home):
    draw = random.Random(2)
    tape = noise(draw, traders=60, fills=9_000, days=14)
    hedge(tape, draw, ["ann", "bob", "cyd", "dan", "eve"], 40, jitter=3)
    meetings = tape.flow(home).meetings.filter(seconds=60)
    meetings = meetings.filter(~pl.col("owner_a").str.starts_with("n"))
    assert meetings.height == 10
    assert meetings["open_bps"].max() < 2_500
    assert (meetings["same_side"] > meetings["coincidences"]).any()


@pytest.mark.parametrize("jitter", [0, 2])
def test_who_trades_by_the_clock_is_left_out(home, jitter):
    """Seconds early or late don't move an hour to another minute."""
    draw, tape = random.Random(9), Tape()
    for hour in range(200):
        for owner, side in (("saver", "buy"), ("bot", "sell")):
            late = timedelta(seconds=jitter * draw.random())
            tape.take(owner, side, timedelta(hours=hour) + late)
    assert tape.flow(home).meetings.is_empty()


def test_a_crowded_cell_tells_nothing_and_a_budget_leaves_out_the_fullest(home):
    draw = random.Random(3)
    tape = noise(draw, days=14)
    hedge(tape, draw, ["ann", "bob"], 20, jitter=2)
    for fill in tuple(tape.fills):
        for n in range(6):
            tape.take(f"x{n}", "buy" if n % 2 else "sell", fill["ts"] - START)
    assert tape.flow(home).meetings.filter(owner_a="ann", owner_b="bob", seconds=60).height
    for limits in (FlowLimits(crowd=4), FlowLimits(budget=10)):
        found = tape.flow(home, limits).meetings
        assert found.filter(owner_a="ann", owner_b="bob", seconds=900).is_empty()


def test_accounts_of_one_owner_makers_and_busted_fills_are_left_out(home):
    draw = random.Random(4)
    tape = noise(draw, days=14)
    hedge(tape, draw, ["ann", "bob"], 20)
    meetings = tape.flow(home, owners={"bob": "ann"}).meetings
    assert meetings.filter(owner_a="ann", owner_b="bob").is_empty()
    assert tape.flow(home).meetings.filter(owner_a="ann", owner_b="bob").height
    for fill in tuple(tape.fills):
        tape.take("ann", "buy", timedelta(days=14), busts=fill["fill_id"])
    assert tape.flow(home).meetings.is_empty()
    assert tape.flow(home).matches.is_empty()


@pytest.mark.parametrize("seed", range(2))
def test_matches_are_those_of_a_plain_second_way(home, seed):
    tape = noise(random.Random(seed), traders=12)
    for n in range(40):
        tape.take("n00", "buy", timedelta(hours=n), "P", 2, "n01")
    met, made, took = Counter(), Counter(), Counter()
    bought = defaultdict(int)
    for fill in tape.fills:
        maker, taker, market = fill["maker_id"], fill["taker_id"], fill["market"]
        met[maker, taker, market] += 1
        made[maker, market] += 1
        took[taker, market] += 1
        sign = 1 if fill["taker_side"] == "buy" else -1
        bought[maker, taker, market] += sign * int(fill["notional_usd"]) * 100
    total = Counter(fill["market"] for fill in tape.fills)
    expected, fills = Counter(), Counter()
    for maker, taker in {(maker, taker) for maker, taker, _ in met}:
        fills[maker, taker] = sum(met[maker, taker, market] for market in total)
        expected[maker, taker] = sum(
            1_000_000 * made[maker, market] * took[taker, market] // total[market]
            for market in total
        )
    plain = {
        (maker, taker, market, met[maker, taker, market], expected[maker, taker], money)
        for (maker, taker, market), money in bought.items()
        if fills[maker, taker] >= 3 and fills[maker, taker] * 1_000_000 > expected[maker, taker]
    }
    found = tape.flow(home).matches.select(
        "maker_owner", "taker_owner", "market", "fills", "expected_millionths", "bought_cents"
    )
    assert set(found.iter_rows()) == plain


def script(tape, draw, players, days=12, jitter=60):
    """One programme for all; each player is so many hours behind."""
    for day in range(days):
        steps = [
            (draw.choice(MARKETS), draw.choice(("buy", "sell")), 40 * n + draw.randrange(30))
            for n in range(6)
        ]
        for player, hours in players.items():
            for market, side, minutes in steps:
                late = timedelta(seconds=draw.random() * jitter)
                begins = timedelta(days=day, hours=hours, minutes=minutes) + late
                tape.take(player, side, begins, market)
                tape.take(
                    player,
                    "sell" if side == "buy" else "buy",
                    begins + timedelta(minutes=9),
                    market,
                )


def test_a_programme_that_runs_hours_apart_is_seen_with_who_was_first(home):
    draw = random.Random(5)
    tape = noise(draw, traders=60, fills=6_000, days=14)
    script(tape, draw, {"ann": 0, "bob": 5, "cyd": 9})
    found = tape.flow(home).replays
    strong = found.filter(pl.col("weighted_millionths") > 20 * pl.col("expected_millionths"))
    firsts = strong.select("owner_a", "owner_b", pl.col("begun_by_a") > 9 * pl.col("begun_by_b"))
    assert set(firsts.iter_rows()) == {
        ("ann", "bob", True),
        ("ann", "cyd", True),
        ("bob", "cyd", True),
    }


def test_an_echo_has_its_lag_and_a_habit_is_none(home):
    """Who buys at the same hour every day is found a day beside as often as at any lag."""
    draw = random.Random(10)
    tape = noise(draw, traders=60, fills=3_000, days=14)
    script(tape, draw, {"ann": 0, "bob": 29}, jitter=600)
    for name, hour in (("eve", 7), ("fay", 12)):
        for day in range(14):
            for n, market in enumerate("PQR"):
                late = timedelta(minutes=10 * draw.random())
                tape.take(name, "buy", timedelta(days=day, hours=hour + n) + late, market)
    echoes = tape.flow(home).echoes
    (echo,) = echoes.filter(owner_a="ann", owner_b="bob").rows(named=True)
    assert abs(echo["lag_us"] / 3_600_000_000 - 29) < 0.25
    assert echo["coincidences"] > 40 > 20_000_000 / max(1, echo["expected_millionths"])
    assert echo["days"] >= 10
    assert echoes.filter(owner_a="eve", owner_b="fay").is_empty()


def test_followers_within_seconds_copy(home):
    draw = random.Random(6)
    tape = noise(draw, traders=60, fills=6_000, days=14)
    script(tape, draw, {"lead": 0}, jitter=0)
    for fill in [fill for fill in tape.fills if fill["taker_id"] == "lead"]:
        for follower in ("bob", "cyd"):
            lag = timedelta(seconds=0.3 + 5 * draw.random())
            at = fill["ts"] - START + lag
            tape.take(follower, fill["taker_side"], at, fill["market"])
    copies = set(tape.flow(home).copies.iter_rows())
    assert {("lead", "bob"), ("lead", "cyd")} <= copies
    assert not {leader for leader, _ in copies} - {"lead"}


def test_the_fills_behind_an_edge_are_shown_side_by_side(home):
    draw = random.Random(7)
    tape = noise(draw, days=14)
    hedge(tape, draw, ["ann", "bob"], 3, jitter=1)
    tape.take("ann", "buy", timedelta(days=14, hours=3), size=5, maker="bob")
    files = tape.files(home)
    seen = load_aligned_fills(home, files, ("ann", "bob"), until=UNTIL, seconds=900)
    assert seen.height == 7
    assert seen["ts"].is_sorted()
    assert {frozenset(sides) for sides in seen.select("side_a", "side_b").iter_rows()} == {
        frozenset(("buy", "sell"))
    }
    last = seen.row(-1, named=True)
    assert (last["notional_a"], last["notional_b"], last["fills"], last["met"]) == (5, 5, 1, 1)
    assert load_aligned_fills(home, [], ("ann", "bob"), until=UNTIL).is_empty()


def test_one_thread_or_two_give_the_same_order_flow(home):
    draw = random.Random(8)
    tape = noise(draw, traders=25, fills=4_000)
    hedge(tape, draw, ["ann", "bob", "cyd"], 20)
    script(tape, draw, {"ann": 0, "dan": 7}, days=6)
    one, two = (tape.flow(home, threads=threads) for threads in (1, 2))
    for each in fields(one):
        assert_frame_equal(getattr(one, each.name), getattr(two, each.name))
