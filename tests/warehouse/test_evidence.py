"""Sightings: the queries against a plain second way, on random events."""

import random
from collections import Counter, defaultdict
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.warehouse.event_files import write
from warehouse.evidence import Caps, load_accounts, load_norms, load_sightings
from warehouse.home import create_home

UNTIL = datetime(2025, 3, 28, tzinfo=UTC)
START = datetime(2025, 3, 26, tzinfo=UTC).replace(tzinfo=None)
CAPS = Caps(device=4, network=3, withdrawal_destination=3, deposit_source=4)


@pytest.fixture
def home(tmp_path):
    return create_home(tmp_path / "home", "home-1", rehearsal=True)


def some_accounts(draw):
    """Thirty accounts, some of them subs, one of the exchange itself; some change over time."""
    events = []
    for number in range(30):
        name = f"a{number:02d}"
        owner = None if number % 3 else f"a{draw.randrange(0, 30, 3):02d}"
        versions = [(START - timedelta(days=30), "other"), (START, owner)]
        if number % 5 == 0:
            versions.append((UNTIL.replace(tzinfo=None), "too late"))
        events += [
            {
                "account_id": name,
                "opened_at": START - timedelta(days=30),
                "changed_at": changed_at,
                "owner_id": owner_then,
                "kind": "system" if number == 29 else "retail",
            }
            for changed_at, owner_then in versions
        ]
    return events


def some_moment(draw):
    """An instant of three days, the last of which is too late."""
    return START + timedelta(minutes=draw.randrange(3 * 24 * 60))


def some_logins(draw):
    return [
        {
            "account_id": f"a{draw.randrange(33):02d}",
            "ts": some_moment(draw),
            "ip_hmac": draw.choice([None, *(f"ip{n}" for n in range(25))]),
            "device_hmac": draw.choice([None, *(f"device{n}" for n in range(60))]),
        }
        for _ in range(400)
    ]


def some_transfers(draw):
    ends = [*(f"a{n:02d}" for n in range(32)), *(f"0x{n}" for n in range(20))]
    return [
        {"source": draw.choice(ends), "destination": draw.choice(ends), "ts": some_moment(draw)}
        for _ in range(250)
    ]


def span(instants):
    return min(instants), max(instants), len(instants)


class Plain:
    """The same sightings by dictionaries and loops."""

    def __init__(self, accounts, logins, transfers):
        until = UNTIL.replace(tzinfo=None)
        in_force = {}
        for event in sorted(accounts, key=lambda event: event["changed_at"]):
            if event["changed_at"] < until:
                in_force[event["account_id"]] = event
        self.owners = {
            name: event["owner_id"] or name
            for name, event in in_force.items()
            if event["kind"] != "system"
        }
        self.logins = [e for e in logins if e["ts"] < until and e["account_id"] in self.owners]
        self.transfers = [event for event in transfers if event["ts"] < until]

    def seen(self, events, cap):
        """events: (account, value, ts) -> rows of SEEN_SCHEMA without the signal."""
        found = defaultdict(list)
        for account, value, ts in events:
            found[self.owners[account], value].append((account, ts))
        holders = defaultdict(set)
        for owner, value in found:
            holders[value].add(owner)
        shared = {
            (owner, min(a for a, _ in those), value, *span([t for _, t in those]))
            for (owner, value), those in found.items()
            if 2 <= len(holders[value]) <= cap
        }
        return shared, {(v, len(who)) for v, who in holders.items() if len(who) > cap}

    def devices(self):
        events = [(e["account_id"], e["device_hmac"], e["ts"]) for e in self.logins]
        return self.seen([event for event in events if event[1]], CAPS.device)

    def addresses(self, mine, other, cap):
        events = [
            (e[mine], sha256(e[other].encode()).hexdigest(), e["ts"])
            for e in self.transfers
            if e[mine] in self.owners and e[other] not in self.owners
        ]
        return self.seen(events, cap)

    def networks(self):
        hours, holders = defaultdict(list), defaultdict(set)
        for event in self.logins:
            if event["ip_hmac"]:
                owner = self.owners[event["account_id"]]
                hour = event["ts"].replace(minute=0)
                hours[owner, event["ip_hmac"], hour].append(event["account_id"])
                holders[event["ip_hmac"]].add(owner)
        present = Counter((value, hour) for _, value, hour in hours)
        return {
            (owner, min(those), value, hour, len(those), len(holders[value]))
            for (owner, value, hour), those in hours.items()
            if present[value, hour] >= 2 and len(holders[value]) <= CAPS.network
        }

    def direct(self):
        found = defaultdict(list)
        for e in self.transfers:
            source, destination = self.owners.get(e["source"]), self.owners.get(e["destination"])
            if source and destination and source != destination:
                found[source, destination].append(e)
        return {
            (
                source,
                min(e["source"] for e in those),
                destination,
                min(e["destination"] for e in those),
                *span([e["ts"] for e in those]),
            )
            for (source, destination), those in found.items()
        }


def frames(record):
    """All frames of a record, those of its parts too."""
    parts = [getattr(record, each.name) for each in fields(record)]
    return [
        each
        for part in parts
        for each in ([part] if isinstance(part, pl.DataFrame) else frames(part))
    ]


def feed(home, seed):
    draw = random.Random(seed)
    kinds = (some_accounts(draw), some_logins(draw), some_transfers(draw))
    names = ("accounts", "logins", "transfers")
    files = [write(home, name, events) for name, events in zip(names, kinds, strict=True)]
    return files, Plain(*kinds)


@pytest.mark.parametrize("seed", range(4))
def test_sightings_are_those_of_a_plain_second_way(home, seed):
    files, plain = feed(home, seed)
    found = load_sightings(home, files, until=UNTIL, caps=CAPS)
    assert dict(found.accounts.select("account_id", "owner_id").iter_rows()) == plain.owners
    columns = ("owner_id", "account_id", "value_hash", "first_seen", "last_seen", "sightings")
    devices, crowded = plain.devices()
    assert set(found.devices.select(columns).iter_rows()) == devices
    hubs = {("device", *hub) for hub in crowded}
    for signal, mine, other, cap in (
        ("withdrawal_destination", "source", "destination", CAPS.withdrawal_destination),
        ("deposit_source", "destination", "source", CAPS.deposit_source),
    ):
        expected, crowded = plain.addresses(mine, other, cap)
        rows = found.addresses.filter(pl.col("signal") == signal).select(columns).iter_rows()
        assert set(rows) == expected
        hubs |= {(signal, *hub) for hub in crowded}
    assert set(found.networks.iter_rows()) == plain.networks()
    assert set(found.direct.iter_rows()) == plain.direct()
    told = found.hubs.filter(pl.col("signal") != "network")
    assert set(told.select("signal", "value_hash", "holders").iter_rows()) == hubs


def test_an_event_at_the_instant_is_not_seen(home):
    accounts = [{"account_id": n, "opened_at": START, "changed_at": START} for n in "ab"]
    logins = [
        {"account_id": n, "ts": UNTIL.replace(tzinfo=None), "device_hmac": "phone"} for n in "ab"
    ]
    files = [write(home, "accounts", accounts), write(home, "logins", logins)]
    assert load_sightings(home, files, until=UNTIL, caps=CAPS).devices.is_empty()
    later = UNTIL + timedelta(microseconds=1)
    assert load_sightings(home, files, until=later, caps=CAPS).devices.height == 2


def test_how_often_an_owner_logged_in_since_it_first_used_a_shared_device_is_counted(home):
    accounts = [{"account_id": n, "opened_at": START, "changed_at": START} for n in "abc"]
    used = [("a", "old"), ("a", "kiosk"), ("a", "mine"), ("a", "kiosk"), ("b", "kiosk"), ("c", "x")]
    logins = [
        {"account_id": name, "ts": START + timedelta(hours=hour), "device_hmac": device}
        for hour, (name, device) in enumerate(used)
    ]
    files = [write(home, "accounts", accounts), write(home, "logins", logins)]
    uses = load_sightings(home, files, until=UNTIL, caps=CAPS).uses
    assert uses.rows() == [("a", "kiosk", 3), ("b", "kiosk", 1)]


def test_a_home_is_where_a_third_of_ones_logins_are_made_and_not_what_a_crowd_uses(home):
    accounts = [{"account_id": n, "opened_at": START, "changed_at": START} for n in "abcdefg"]
    used = {
        "a": ["flat", "flat", "work"],
        "b": ["flat", "work", "road"],
        "c": ["flat", "work", "bus", "train"],
        **{name: ["gateway"] for name in "defg"},
    }
    logins = [
        {"account_id": name, "ts": START + timedelta(hours=hour), "ip_hmac": address}
        for name, addresses in used.items()
        for hour, address in enumerate(addresses)
    ]
    files = [write(home, "accounts", accounts), write(home, "logins", logins)]
    homes = load_sightings(home, files, until=UNTIL, caps=CAPS).homes
    assert homes.select("owner_id", "value_hash", "sightings").rows() == [
        ("a", "flat", 2), ("a", "work", 1), ("b", "flat", 1), ("b", "work", 1),
    ]  # fmt: skip


def test_one_thread_or_two_give_the_same_frames(home):
    files, _ = feed(home, 9)
    one, two = (
        load_sightings(home, files, until=UNTIL, caps=CAPS, threads=threads) for threads in (1, 2)
    )
    for left, right in zip(frames(one), frames(two), strict=True):
        assert_frame_equal(left, right)


def test_without_files_nothing_was_seen(home):
    found = load_sightings(home, [], until=UNTIL, caps=CAPS)
    assert all(each.is_empty() for each in frames(found))


def test_the_median_value_is_told(home):
    accounts = [{"account_id": n, "opened_at": START, "changed_at": START} for n in "abcd"]
    devices = [
        *zip("abc", ("kiosk",) * 3, strict=True),
        ("a", "mine"),
        ("b", "yours"),
        ("d", "his"),
    ]
    logins = [{"account_id": n, "ts": START, "device_hmac": device} for n, device in devices]
    files = [write(home, "accounts", accounts), write(home, "logins", logins)]
    assert load_norms(home, files, until=UNTIL, hand_over_days=14).rows() == [("device", 4, 1)]
    assert load_accounts(home, files, until=UNTIL)["account_id"].to_list() == list("abcd")
