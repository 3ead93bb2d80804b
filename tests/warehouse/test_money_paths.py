"""Money over addresses outside, beginners, and accounts that changed hands: made-up histories."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

import pytest

from tests.warehouse.event_files import write
from warehouse.evidence import Caps, load_norms, load_sightings
from warehouse.home import create_home

UNTIL = datetime(2025, 5, 30, tzinfo=UTC)
START = datetime(2025, 3, 26, tzinfo=UTC).replace(tzinfo=None)
CAPS = Caps(device=9, network=9, withdrawal_destination=9, deposit_source=9, paths=5)


@pytest.fixture
def home(tmp_path):
    return create_home(tmp_path / "home", "home-1", rehearsal=True)


def accounts(*names, **countries):
    """One version each; who is named with two countries moves on day 20."""
    rows = []
    for name in (*names, *countries):
        first, *then = countries.get(name, ("FR",))
        rows.append((name, START, first))
        rows += [(name, START + timedelta(days=20), country) for country in then]
    return [
        {"account_id": name, "opened_at": START, "changed_at": at, "country": country}
        for name, at, country in rows
    ]


def money(*moves):
    """moves: (source, destination, USD), an hour apart."""
    return [
        {
            "source": source,
            "destination": destination,
            "amount_usd": Decimal(usd),
            "ts": START + timedelta(hours=hour),
        }
        for hour, (source, destination, usd) in enumerate(moves)
    ]


def paths(home, *moves, names=("ann", "bob")):
    files = [write(home, "accounts", accounts(*names)), write(home, "transfers", money(*moves))]
    found = load_sightings(home, files, until=UNTIL, caps=CAPS)
    names_of = {sha256(end.encode()).hexdigest(): end for move in moves for end in move[:2]}
    seen = {
        (owner, signal, names_of[value], hops, spent)
        for owner, signal, value, hops, spent in found.paths.select(
            "owner_id", "signal", "value_hash", "hops", "spent"
        ).iter_rows()
    }
    return seen, found.passed


STAR = (("0xc", "0x1", 500), ("0xc", "0x2", 500), ("0x1", "ann", 490), ("0x2", "bob", 490))


def test_a_star_outside_is_seen_one_hop_away(home):
    seen, _ = paths(home, *STAR)
    assert seen == {(owner, "deposit_origin", "0xc", 1, True) for owner in ("ann", "bob")}


def test_a_peeling_chain_is_followed_to_its_depth(home):
    seen, _ = paths(
        home,
        ("0x1", "0x2", 900),
        ("0x1", "ann", 100),
        ("0x2", "0x3", 800),
        ("0x3", "0x4", 700),
        ("0x4", "bob", 100),
    )
    assert ("bob", "deposit_origin", "0x1", 3, True) in seen
    assert ("ann", "deposit_origin", "0x1", 0, True) in seen


def test_dust_turns_no_path_and_a_gift_binds_only_who_banks_it(home):
    own = ("0xbank", "0x2", 500)
    seen, _ = paths(home, ("0xc", "0x1", 500), own, ("0xc", "0x2", 5), *STAR[2:])
    assert seen == set()
    seen, _ = paths(home, ("0xc", "0x1", 500), own, ("0xc", "0x2", 600), *STAR[2:])
    assert ("bob", "deposit_origin", "0xc", 1, False) in seen


def test_an_exchange_outside_ends_a_path(home):
    customers = [("0xc", f"0xother{n}", 10) for n in range(6)]
    seen, _ = paths(home, *customers, *STAR)
    assert seen == set()


def test_money_that_flows_together_afterwards_is_seen(home):
    seen, _ = paths(
        home,
        ("ann", "0x1", 500),
        ("bob", "0x2", 500),
        ("0x1", "0x3", 450),
        ("0x1", "0xshop", 50),
        ("0x3", "0xend", 400),
        ("0x2", "0xend", 500),
    )
    assert seen == {
        ("ann", "withdrawal_end", "0xend", 2, True),
        ("bob", "withdrawal_end", "0xend", 1, True),
    }


def test_what_one_withdrew_and_the_other_paid_in_is_told_with_its_hops(home):
    _, passed = paths(home, ("ann", "0x1", 500), ("0x1", "0x2", 500), ("0x2", "bob", 450))
    (row,) = passed.rows(named=True)
    assert (row["source_owner"], row["destination_owner"]) == ("ann", "bob")
    assert (row["hops"], row["spent"]) == (2, True)


def test_beginners_are_told_with_their_days_and_their_burst(home):
    names = ["parent", *(f"c{n}" for n in range(5))]
    days = [0, 1, 2, 20, 21]
    referrals = [
        {
            "referral_id": f"r{n}",
            "ts": START + timedelta(days=day),
            "referrer_id": "parent",
            "referee_id": f"c{n}",
        }
        for n, day in enumerate(days)
    ]
    fills = [
        {
            "fill_id": f"f{n}",
            "ts": START + timedelta(days=n),
            "maker_id": "parent",
            "taker_id": "c0",
        }
        for n in range(7)
    ]
    kinds = {"accounts": accounts(*names), "referrals": referrals, "fills": fills}
    files = [write(home, kind, events) for kind, events in kinds.items()]
    found = load_sightings(home, files, until=UNTIL, caps=CAPS).beginners
    assert found.select("referee_owner", "days", "close_by", "brought").rows() == [
        ("c0", 7, 3, 5),
        ("c1", 0, 3, 5),
        ("c2", 0, 3, 5),
        ("c3", 0, 2, 5),
        ("c4", 0, 2, 5),
    ]


def sold_account(home, *, old_device_stays=False, old_sink_stays=False):
    """Ann sells her account to Bob on day 20; before, she shared a tablet with her daughter."""
    day = timedelta(days=1)
    logins = [
        ("ann", "tablet", 1),
        ("kid", "tablet", 2),
        ("ann", "studio", 21),
        ("bob", "studio", 22),
    ]
    if old_device_stays:
        logins.append(("ann", "tablet", 36))
    sink = "0xann" if old_sink_stays else "0xbob"
    transfers = [("ann", "0xann", 3), ("kid", "0xann", 4), ("ann", sink, 24), ("bob", "0xbob", 25)]
    kinds = {
        "accounts": accounts("kid", "bob", ann=("FR", "VN")),
        "logins": [
            {"account_id": who, "device_hmac": what, "ts": START + at * day}
            for who, what, at in logins
        ],
        "transfers": [
            {"source": a, "destination": b, "ts": START + at * day} for a, b, at in transfers
        ],
    }
    return [write(home, kind, events) for kind, events in kinds.items()]


def sold(home, **stays):
    return load_sightings(home, sold_account(home, **stays), until=UNTIL, caps=CAPS)


def test_what_is_usual_is_counted_with_the_days_that_it_is_asked_with(home):
    """Nothing of the account's old hands is counted, where the days see that it changed them."""
    files = sold_account(home)
    holders = [
        load_norms(home, files, until=UNTIL, hand_over_days=days)["median_holders"].to_list()
        for days in (0, 14)
    ]
    assert holders == [[2, 2], [1, 1]]


def test_after_an_account_changed_hands_it_is_the_new_operators_alone(home):
    found = sold(home)
    assert found.hand_overs.rows() == [("ann", START + timedelta(days=21))]
    assert found.moved.select("account_id", "country").rows() == [("ann", "VN")]
    assert set(found.devices.select("owner_id", "value_hash").iter_rows()) == {
        ("ann", "studio"),
        ("bob", "studio"),
    }
    assert set(found.addresses["owner_id"]) == {"ann", "bob"}


def test_who_moves_and_keeps_the_device_or_the_destination_is_still_the_same(home):
    assert sold(home, old_device_stays=True).hand_overs.is_empty()
    assert sold(home, old_sink_stays=True).hand_overs.is_empty()
