"""Round trips inside rings: what is left out, what never is, and both by a plainer way."""

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache, partial
from itertools import combinations, pairwise
from math import factorial

import networkx as nx
import pytest

import warehouse.activity
from tests.warehouse.plain_activity import END, HOUR, START, Account, Events, Fill, read
from tests.warehouse.test_activity import digest
from warehouse.connection import scratch
from warehouse.frames import Activity, RoundTripRule
from warehouse.wash import most_by_chance

RULE = RoundTripRule(
    excluded=True, hours=(1, 24, 168), neutral_bps=100, least_taken_bps=2_500, least_fills=3
)
USD = 10**10
MINUTE = timedelta(minutes=1)
CROWD = [f"c{number:02}" for number in range(40)]


@cache
def crowd(market: str = "SOL-PERP", fills: int = 300) -> tuple[Fill, ...]:
    """Return a market's other trades: everybody meets everybody."""
    draw = random.Random(5)
    return tuple(
        Fill(
            f"crowd-{market}-{number}",
            *draw.sample(CROWD, 2),
            ts=START + timedelta(minutes=draw.randint(0, 6 * 1440 - 1)),
            market=market,
            taker_side=draw.choice(["buy", "sell"]),
            quantity=Decimal(draw.randint(1, 900)) / 7,
        )
        for number in range(fills)
    )


def meeting(
    steps: Iterable[tuple[str, str, str]], every: timedelta = 2 * MINUTE, since: timedelta = HOUR
) -> tuple[Fill, ...]:
    """Return the trades (taker, side, maker), one after the other, all of one size."""
    return tuple(
        Fill(f"m{number:03}", maker, taker, START + since + number * every, taker_side=side)
        for number, (taker, side, maker) in enumerate(steps)
    )


def there_and_back(rounds: int, a: str = "ann", b: str = "bob") -> list[tuple[str, str, str]]:
    """Return how two pass something to and fro, each taking in turn."""
    return [(a, "buy", b), (b, "buy", a)] * rounds


def activity(fills: Sequence[Fill], rule: RoundTripRule | None = RULE, **more: object) -> Activity:
    people = {name for fill in fills for name in (fill.maker_id, fill.taker_id)}
    accounts = more.pop("accounts", [Account(name) for name in sorted(people)])
    return read(Events(accounts=accounts, fills=fills, **more), rule=rule)


def lost(fills: Sequence[Fill], rule: RoundTripRule = RULE, **more: object) -> dict[str, int]:
    """Return owner -> whole USD of its sides that the rule leaves out."""
    return {
        owner: units // USD
        for owner, units in activity(fills, rule, **more).wash.owners.iter_rows()
    }


# What is a round trip -----------------------------------------------------------------------------


def test_two_who_pass_it_to_and_fro_far_more_than_chance_lose_it_and_nobody_else_does() -> None:
    assert lost(crowd() + meeting(there_and_back(10))) == {"ann": 2000, "bob": 2000}


def test_a_circle_in_which_nobody_answers_whom_he_took_from_loses_it() -> None:
    circle = [("ann", "buy", "bob"), ("bob", "buy", "cat"), ("cat", "buy", "ann")] * 10
    assert lost(crowd() + meeting(circle)) == {"ann": 2000, "bob": 2000, "cat": 2000}


def test_splitting_a_pair_into_more_owners_who_do_the_same_does_not_help() -> None:
    """Six owners, each of whom passes it on to every other, instead of two."""
    names = [f"farm{number}" for number in range(6)]
    steps = [step for a, b in combinations(names, 2) for step in there_and_back(4, a, b)]
    assert lost(crowd(fills=1_500) + meeting(steps)) == dict.fromkeys(names, 5 * 8 * 100)


def test_several_accounts_of_one_owner_are_one() -> None:
    accounts = [Account(name) for name in (*CROWD, "bob")]
    accounts += [Account(f"ann{number}", "ann") for number in range(5)]
    fills = meeting(there_and_back(10))
    spread = [
        replace(
            fill,
            maker_id=fill.maker_id.replace("ann", f"ann{number % 5}"),
            taker_id=fill.taker_id.replace("ann", f"ann{number % 5}"),
        )
        for number, fill in enumerate(fills)
    ]
    assert lost([*crowd(), *spread], accounts=accounts) == {"ann": 2000, "bob": 2000}


def test_what_is_left_open_at_the_end_of_every_stretch_counts() -> None:
    """Twelve steps there, then six that go on in one direction."""
    steps = there_and_back(6) + [("ann", "buy", "bob")] * 6
    assert lost(crowd() + meeting(steps)) == {"ann": 1200, "bob": 1200}


def test_who_is_back_within_a_hundredth_is_back_and_who_is_not_is_not() -> None:
    fills = meeting(there_and_back(4))
    last = replace(fills[-1], quantity=Decimal("0.92"))  # of 7.92, 0.08 is left over
    only_the_end = replace(RULE, hours=(168,))
    sold_on = [replace(fill, quantity=Decimal(2)) for fill in fills[:-1:2]]
    assert lost([*crowd(), *fills[:-1], replace(last, quantity=Decimal("0.93"))], only_the_end) == {
        "ann": 800,
        "bob": 800,
    }
    assert lost([*crowd(), *fills[:-1], replace(last, quantity=Decimal("0.91"))], only_the_end) == {
        "ann": 600,
        "bob": 600,
    }
    assert lost([*crowd(), *sold_on, *fills[1::2]], only_the_end) == {}


def test_a_stretch_begins_with_the_window_and_a_longer_one_sees_what_a_shorter_one_cuts() -> None:
    there = meeting([("ann", "buy", "bob")] * 4, since=timedelta(minutes=50))
    back = meeting([("bob", "buy", "ann")] * 4, since=timedelta(minutes=65))
    fills = [*crowd(), *there, *(replace(fill, fill_id=f"b{fill.fill_id}") for fill in back)]
    assert lost(fills, replace(RULE, hours=(1,))) == {}
    assert lost(fills, replace(RULE, hours=(1, 2))) == {"ann": 800, "bob": 800}


def test_each_market_is_one_of_its_own() -> None:
    """Bought here and sold there is a position, whatever the two markets are."""
    fills = [
        replace(fill, market="BTC-PERP" if fill.taker_id == "bob" else "SOL-PERP")
        for fill in meeting(there_and_back(10))
    ]
    assert lost([*crowd(), *crowd("BTC-PERP"), *fills]) == {}


# Who never loses anything -------------------------------------------------------------------------


def test_who_only_rests_loses_nothing_whoever_takes_from_him_both_ways() -> None:
    """Somebody takes both of an honest maker's sides, again and again, to spoil his volume."""
    steps = [("eve", "buy", "ann"), ("eve", "sell", "ann")] * 30
    assert lost(crowd() + meeting(steps)) == {}


def test_a_few_takes_of_ones_own_do_not_put_at_risk_what_others_took() -> None:
    """He took from her four times; she makes sixty trades of that, and level."""
    steps = [("ann", "buy", "eve"), ("eve", "buy", "ann")] * 4
    steps += [("eve", "buy", "ann"), ("eve", "sell", "ann")] * 30
    fills = meeting(steps)
    counted = lost(crowd() + fills, replace(RULE, hours=(168,)))
    assert counted["ann"] <= 4 * 4 * 100  # never more than four times what he took himself
    assert counted == {"ann": 1600, "eve": 1600}


def test_who_quotes_better_than_everybody_spoils_nobodys_volume() -> None:
    """Whom everybody takes from is met by chance, also by somebody whose orders she takes."""
    everybody = [(taker, "buy", "eve") for taker in CROWD for _ in range(5)]
    fills = meeting([*there_and_back(10, "ann", "eve"), *everybody], timedelta(seconds=50))
    assert lost(crowd() + fills) == {}


def test_two_who_are_a_market_by_themselves_lose_nothing() -> None:
    """Where hardly anybody else trades, nobody can say whom else they could have met."""
    fills = [replace(fill, market="THIN") for fill in meeting(there_and_back(30))]
    assert lost([*crowd("THIN", fills=3), *fills]) == {}


@pytest.mark.parametrize("kind", ["market_maker", "system"])
def test_a_declared_market_makers_account_is_in_no_ring_and_neither_is_the_venues(
    kind: str,
) -> None:
    accounts = [Account(name) for name in (*CROWD, "bob", "ann")]
    accounts += [Account("desk", "ann", kind)]
    assert lost(crowd() + meeting(there_and_back(10, "desk")), accounts=accounts) == {}


@pytest.mark.parametrize("kind", ["market_maker", "system"])
def test_an_idle_account_that_is_declared_excuses_nothing_of_its_owners_others(kind: str) -> None:
    accounts = [Account(name) for name in (*CROWD, "bob", "ann")]
    accounts += [Account("idle", "ann", kind)]
    rounds = crowd() + meeting(there_and_back(10))
    assert lost(rounds, accounts=accounts) == {"ann": 2000, "bob": 2000}


def test_trades_of_an_owners_declared_account_with_its_others_are_still_its_own() -> None:
    accounts = [Account(name) for name in (*CROWD, "ann")] + [
        Account("desk", "ann", "market_maker")
    ]
    found = activity(crowd() + meeting(there_and_back(10, "ann", "desk")), accounts=accounts)
    assert found.wash.owners.is_empty()
    assert found.wash.markets["own"].to_list() == [2_000 * USD]


def at_random(seed: int, trades: int = 200) -> list[Fill]:
    """Return trades of two with one another, either side and any size, over a week."""
    draw = random.Random(seed)
    steps = [(*draw.sample(["mia", "max"], 2), draw.choice(["buy", "sell"])) for _ in range(trades)]
    fills = meeting([(taker, side, maker) for taker, maker, side in steps], 40 * MINUTE)
    return [replace(fill, quantity=Decimal(draw.randint(50, 150))) for fill in fills]


def test_two_who_trade_with_one_another_at_random_are_not_taken_for_ones_who_come_back() -> None:
    """Chance brings everybody back at some time: by that alone they lost half and more."""
    parts = []
    for seed in range(4):
        fills = [*crowd(fills=1_500), *at_random(seed)]
        assert activity(fills).wash.markets["matched"].to_list() == [20_000 * USD]
        parts.append(lost(fills).get("mia", 0))
    assert max(parts) < 20_000 // 4
    assert sum(parts) < 4 * 20_000 // 10


def test_slicing_the_way_there_and_the_way_back_does_not_help() -> None:
    """Five trades there and five back are two runs, as one and one are."""
    steps = ([("ann", "buy", "bob")] * 5 + [("bob", "buy", "ann")] * 5) * 3
    assert lost(crowd() + meeting(steps, timedelta(minutes=1))) == {"ann": 3000, "bob": 3000}


def test_a_crowd_in_which_everybody_meets_everybody_loses_nothing() -> None:
    found = activity(crowd(fills=1_500))
    assert found.wash.owners.is_empty()
    assert found.wash.markets["matched"].to_list() == [0]


def test_what_was_busted_or_lies_outside_the_window_brings_nobody_back() -> None:
    there = meeting([("ann", "buy", "bob"), ("bob", "sell", "ann")] * 4)
    late = [replace(fill, fill_id=f"l{number}", ts=END) for number, fill in enumerate(there)]
    back = meeting([("bob", "buy", "ann"), ("ann", "sell", "bob")] * 4)
    busted = [replace(fill, fill_id=f"b{number}") for number, fill in enumerate(back)]
    busts = [Fill(f"x{n}", ts=END, busts=fill.fill_id) for n, fill in enumerate(busted)]
    assert lost([*crowd(), *there, *late, *busted, *busts]) == {}


# What is told of it -------------------------------------------------------------------------------


def test_the_shares_of_a_market_are_measured_whether_or_not_the_season_counts_them() -> None:
    accounts = [Account(name) for name in (*CROWD, "ann", "bob")] + [Account("sub", "ann")]
    own = [Fill(f"own{number}", "ann", "sub") for number in range(3)]
    fills = [*crowd(), *meeting([*there_and_back(10), ("ann", "buy", "bob")]), *own]
    excluded = activity(fills, accounts=accounts)
    counted = activity(fills, replace(RULE, excluded=False), accounts=accounts)
    before = activity(fills, None, accounts=accounts)
    row = ("SOL-PERP", 32_400 * USD, 300 * USD, 2_100 * USD, 2_000 * USD)
    assert excluded.wash.markets.rows() == counted.wash.markets.rows() == [row]
    assert excluded.wash.owners.equals(counted.wash.owners)
    assert before.wash is None
    assert digest(counted) == digest(before) != digest(excluded)


# Against the plain way ----------------------------------------------------------------------------


def drawn_fills(seed: int) -> list[Fill]:
    """Return trades of a few who meet often and of many who do not, of sizes that often cancel."""
    draw = random.Random(seed)
    names = ["ann", "bob", "cat", "dan"]
    fills = []
    for number in range(160):
        maker, taker = draw.sample(names[: draw.choice([2, 2, 3, 4])], 2)
        fills.append(
            Fill(
                f"d{number:03}",
                maker,
                taker,
                START + timedelta(minutes=draw.randint(0, 3 * 1440)),
                draw.choice(["SOL-PERP", "SOL-PERP", "BTC-PERP"]),
                notional_usd=draw.randint(1, 10**13),
                taker_side=draw.choice(["buy", "sell"]),
                quantity=draw.choice([Decimal(1), Decimal(1), Decimal("1.003"), Decimal(3)]),
            )
        )
    return [*fills, *crowd(fills=900), *crowd("BTC-PERP", fills=700)]


def plain_ways(fills: Sequence[Fill]) -> Iterator[tuple[str, str]]:
    """Yield (taker, maker) that met far more than chance, by definition."""
    by_market: dict[str, list[Fill]] = defaultdict(list)
    met: dict[tuple[str, str], int] = defaultdict(int)
    for fill in fills:
        by_market[fill.market].append(fill)
        met[fill.taker_id, fill.maker_id] += 1

    def expected(taker: str, maker: str) -> Fraction:
        total = Fraction(0)
        for here in by_market.values():
            took = sum(fill.taker_id == taker for fill in here)
            others = [fill for fill in here if fill.taker_id not in (taker, maker)]
            made = sum(fill.maker_id == maker for fill in here)
            if made:
                answered = sum(fill.maker_id == maker for fill in others) + 1
                total += Fraction(took * answered * 10**6 // max(len(others), 1), 10**6)
        return total

    owners = {name for fill in fills for name in (fill.maker_id, fill.taker_id)}
    bits = max(20, (len(owners) ** 2).bit_length())
    chance = {
        way: expected(*way) ** count / factorial(count)
        for way, count in met.items()
        if count >= RULE.least_fills
    }
    half = Fraction(1, 2 ** ((bits + 1) // 2))
    for way, least in chance.items():
        answered = chance.get(way[::-1], 1) <= half and least <= half
        if answered or least <= Fraction(1, 2**bits):
            yield way


def plain_round_trips(fills: Sequence[Fill]) -> set[str]:
    """Return the fills that are part of a round trip, one stretch after the other."""
    ways = nx.DiGraph(plain_ways(fills))
    rings = [ring for ring in nx.strongly_connected_components(ways) if len(ring) > 1]
    trips: set[str] = set()
    for ring in rings:
        inside = [fill for fill in fills if {fill.maker_id, fill.taker_id} <= ring]
        inside.sort(key=lambda fill: (fill.ts, fill.fill_id))
        for market in {fill.market for fill in inside}:
            for hours in RULE.hours:
                stretches = defaultdict(list)
                for fill in inside:
                    if fill.market == market:
                        stretches[(fill.ts - START) // (hours * HOUR)].append(fill)
                for stretch in stretches.values():
                    trips |= plain_stretch(stretch, ring)
    return trips


def plain_stretch(fills: Sequence[Fill], ring: set[str]) -> set[str]:
    back = {}
    for owner in ring:
        net = moved = taken = Decimal(0)
        came, runs = [False], [None]
        for place, fill in enumerate(fills):
            if owner in (fill.maker_id, fill.taker_id):
                is_taker = owner == fill.taker_id
                gets = is_taker == (fill.taker_side == "buy")
                net += fill.quantity if gets else -fill.quantity
                moved += fill.quantity
                taken += fill.quantity if is_taker else 0
                came.append(abs(net) * 100 <= moved)
                runs += [gets] * (gets is not runs[-1])
                arrivals = sum(here and not before for before, here in pairwise(came))
                if came[-1] and taken * 4 >= moved and len(runs[1:]) <= 3 * arrivals:
                    back[owner] = place
    return {
        fill.fill_id
        for place, fill in enumerate(fills)
        if place <= min(back.get(fill.maker_id, -1), back.get(fill.taker_id, -1))
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_round_trips_are_those_of_the_definition(seed: int) -> None:
    fills = drawn_fills(seed)
    trips = plain_round_trips(fills)
    assert 0 < len(trips) < 160
    expected: dict[str, int] = defaultdict(int)
    for fill in fills:
        if fill.fill_id in trips:
            expected[fill.maker_id] += fill.notional_usd
            expected[fill.taker_id] += fill.notional_usd
    found = activity(fills)
    assert dict(found.wash.owners.iter_rows()) == expected
    whole = sum(activity(fills, None).fills["perp_notional"].to_list())
    assert sum(found.fills["perp_notional"].to_list()) == whole - sum(expected.values())


def test_the_bytes_depend_neither_on_threads_nor_on_the_order_of_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fills, digests = drawn_fills(4), set()
    for threads in (1, 4):
        monkeypatch.setattr(warehouse.activity, "scratch", partial(scratch, threads=threads))
        found = activity(random.Random(threads).sample(fills, len(fills)))
        digests.add((digest(found), found.wash.markets.write_csv(), found.wash.owners.write_csv()))
    assert len(digests) == 1


@pytest.mark.parametrize("bits", [20, 40])
@pytest.mark.parametrize("count", [2, 3, 9, 50, 128, 129, 1000])
def test_what_chance_allows_is_exact_up_to_a_bound_and_strict_beyond_it(
    count: int, bits: int
) -> None:
    def chance(millionths: int) -> Fraction:
        return Fraction(millionths, 10**6) ** count / factorial(count)

    most = most_by_chance(count, bits)
    assert chance(most) <= Fraction(1, 2**bits)
    assert (chance(most + 1) > Fraction(1, 2**bits)) == (count <= 128)
