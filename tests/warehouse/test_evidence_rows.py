"""The events behind evidence: which rows of which files, of whom, and how many of them."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256

import polars as pl
import pytest

from tests.warehouse.event_files import write
from warehouse.evidence import Caps, load_sightings
from warehouse.evidence_rows import QUERY_OF, RowLimits, load_evidence_rows
from warehouse.findings import EDGES_SCHEMA
from warehouse.home import create_home

UNTIL = datetime(2025, 5, 30, tzinfo=UTC)
START = datetime(2025, 3, 26, tzinfo=UTC).replace(tzinfo=None)
DEVICE, ADDRESS = "d" * 64, "a" * 64


def hashed(text):
    return sha256(text.encode()).hexdigest()


def digits(text):
    return f"{hashed(text)[:8]}…"


def at(hours, minutes=0):
    return START + timedelta(hours=hours, minutes=minutes)


def accounts():
    rows = [(name, START, "FR") for name in ("ann", "bob", "cat", "dan")]
    rows += [(name, START + timedelta(days=20), "DE") for name in ("cat", "dan")]
    rows.append(("ann-2", START, "FR"))
    return [
        {
            "account_id": name,
            "opened_at": at(ord(name[0]) - 97),
            "changed_at": changed_at,
            "country": country,
            "owner_id": name[:3],
        }
        for name, changed_at, country in rows
    ]


def logins():
    seen = [
        ("l1", "ann", 9, DEVICE, "home"),
        ("l2", "ann-2", 10, DEVICE, ADDRESS),
        ("l3", "bob", 10, DEVICE, ADDRESS),
        ("l4", "bob", 12, "own", ADDRESS),
        *((f"old-{who}", who, 1, f"old {who}", "x") for who in ("cat", "dan")),
        *((f"new-{who}", who, 20 * 24 + 1, f"new {who}", "x") for who in ("cat", "dan")),
        ("late", "ann", 24 * 90, DEVICE, ADDRESS),
    ]
    return [
        {"login_id": i, "account_id": who, "ts": at(hour, 5), "device_hmac": device, "ip_hmac": ip}
        for i, who, hour, device, ip in seen
    ]


TRANSFERS = (
    ("t1", "ann", "sink", 1, 50),
    ("t2", "bob", "sink", 2, 60),
    ("t3", "hot", "ann", 3, 70),
    ("t4", "hot", "bob", 4, 80),
    ("t5", "ann", "bob", 5, 10),
    ("t6", "bob", "ann", 6, 11),
    ("t7", "0xc", "0x1", 7, 500),
    ("t8", "0xc", "0x2", 7, 500),
    ("t9", "0x1", "ann", 8, 490),
    ("t10", "0x2", "bob", 9, 490),
    ("t11", "ann", "0x5", 10, 300),
    ("t12", "bob", "0x6", 10, 300),
    ("t13", "0x5", "0x9", 11, 290),
    ("t14", "0x6", "0x9", 12, 290),
    ("t15", "ann", "0x7", 13, 200),
    ("t16", "0x7", "bob", 14, 199),
    *((f"before-{who}", who, f"first {who}", 3, 5) for who in ("cat", "dan")),
    *((f"after-{who}", who, f"second {who}", 20 * 24 + 3, 5) for who in ("cat", "dan")),
)


def transfers():
    return [
        {
            "transfer_id": i,
            "source": source,
            "destination": destination,
            "ts": at(hour),
            "amount_usd": Decimal(usd),
        }
        for i, source, destination, hour, usd in TRANSFERS
    ]


def fill(number, taker, side, when, market="P", **further):
    return {
        "fill_id": f"f{number}",
        "ts": when,
        "market": market,
        "product": "perp",
        "maker_id": "maker",
        "taker_id": taker,
        "taker_side": side,
        "price": Decimal(1),
        "quantity": Decimal(10),
        "notional_usd": Decimal(10),
        **further,
    }


def fills():
    """Two hedged meetings, two fills between them, one of them busted, and a sequence of three."""
    apart = timedelta(seconds=20)
    return [
        fill(1, "ann", "buy", at(1), "H"),
        fill(2, "bob", "sell", at(1) + apart, "H"),
        fill(3, "bob", "buy", at(2), "H"),
        fill(4, "ann", "sell", at(2) + apart, "H"),
        fill(5, "ann", "buy", at(3), "H"),
        fill(6, "bob", "buy", at(3), "H"),
        fill(7, "ann", "buy", at(4), "M", maker_id="bob"),
        fill(8, "bob", "sell", at(5), "M", maker_id="ann"),
        fill(9, "ann", "sell", at(6), "M", maker_id="bob"),
        fill(10, "ann", "sell", at(7), "M", maker_id="bob", busts="f9"),
        *(fill(20 + step, "cat", "buy", at(30, 5 * step), market) for step, market in steps()),
        *(fill(30 + step, "dan", "buy", at(60, 5 * step), market) for step, market in steps()),
    ]


def steps():
    return enumerate("QRS")


@pytest.fixture(scope="module")
def exchange(tmp_path_factory):
    """A home in which four owners show every signal there is."""
    home = create_home(tmp_path_factory.mktemp("rows") / "home", "home-1", rehearsal=True)
    referral = {"referral_id": "r1", "ts": at(1), "referrer_id": "ann", "referee_id": "bob"}
    again = {"referral_id": "r2", "ts": at(2), "referrer_id": "cat", "referee_id": "bob"}
    files = [
        write(home, "accounts", accounts()),
        write(home, "logins", logins()),
        write(home, "transfers", transfers()),
        write(home, "fills", fills()),
        write(home, "referrals", [referral, again]),
    ]
    return home, files


def edge(signal, value, a="ann", b="bob", sightings=2, piece=1):
    row = (a, b, "any", signal, value, 2, 9_000, True, None, None, sightings, a, b)
    edges = pl.DataFrame([row], schema=EDGES_SCHEMA, orient="row")
    return edges.with_columns(piece=pl.lit(piece, pl.Int32))


def behind(exchange, signal, value, *ends, sightings=2, **limits):
    home, files = exchange
    evidence = edge(signal, value, *ends, sightings=sightings)
    return load_evidence_rows(home, files, evidence, until=UNTIL, limits=RowLimits(**limits))


SIGNALS = {
    "device": (DEVICE, "l1 l2 l3"),
    "network": (ADDRESS, "l2 l3"),
    "home": (ADDRESS, "l2 l3 l4"),
    "withdrawal_destination": (hashed("sink"), "t1 t2"),
    "deposit_source": (hashed("hot"), "t3 t4"),
    "direct_transfer": ("ann|bob", "t5 t6"),
    "deposit_origin": (hashed("0xc"), "t7 t9 t8 t10"),
    "withdrawal_end": (hashed("0x9"), "t11 t13 t12 t14"),
    "funding_chain": ("ann|bob", "t15 t16"),
    "opposite": ("ann|bob", "f1 f2 f3 f4"),
    "counterparty": ("ann|bob", "f7 f8"),
    "ring": ("ann|bob", "f7 f8"),
    "referral": ("ann", "r1"),
    "siblings": ("ann", "r1"),
    "sign_up_burst": ("", "ann@2025-03-26T00:00:00Z bob@2025-03-26T00:00:00Z"),
}


@pytest.fixture(scope="module")
def told(exchange):
    """The rows of every signal, all read at once: by signal."""
    home, files = exchange
    edges = [
        edge(signal, value, piece=number)
        for number, (signal, (value, _)) in enumerate(SIGNALS.items())
    ]
    found = load_evidence_rows(
        home, files, pl.concat(edges), until=UNTIL, limits=RowLimits()
    ).rows.partition_by("piece", as_dict=True)
    return {signal: found[number,] for number, signal in enumerate(SIGNALS)}


@pytest.mark.parametrize("signal", SIGNALS)
def test_every_signal_leads_to_the_events_that_it_was_seen_in(told, signal):
    assert told[signal]["event_id"].to_list() == SIGNALS[signal][1].split()


def test_a_replayed_sequence_is_told_in_its_order_owner_by_owner(exchange):
    found = behind(exchange, "replay", "cat|dan", "cat", "dan", sightings=1)
    assert found.rows["event_id"].to_list() == ["f20", "f21", "f22", "f30", "f31", "f32"]
    assert found.rows["hop"].to_list() == [1, 2, 3] * 2
    ((_, number, said, holders, began_a, began_b),) = found.sequences.rows()
    assert (number, said, holders) == (1, "buys Q, buys R, buys S", 2)
    assert (began_a, began_b) == (at(30), at(60))


def test_what_a_crowd_opened_is_no_sequence_that_two_repeat(exchange):
    found = behind(exchange, "replay", "cat|dan", "cat", "dan", sightings=0, sequence_cap=1)
    assert found.rows.is_empty()


def test_where_sequences_say_too_little_openings_are_told_that_lie_as_far_apart(exchange):
    found = behind(exchange, "replay", "cat|dan", "cat", "dan", sightings=3, sequence_cap=1)
    assert found.rows["event_id"].to_list() == ["f20", "f30", "f21", "f31", "f22", "f32"]
    assert found.rows["hop"].to_list() == [1, 2] * 3
    assert found.sequences["steps"].to_list() == ["buys Q", "buys R", "buys S"]
    apart = (found.sequences["began_b"] - found.sequences["began_a"]).unique()
    assert apart.to_list() == [timedelta(hours=30)]
    assert found.sequences["holders"].null_count() == 3


def test_changing_hands_shows_what_came_before_and_after(exchange):
    rows = behind(exchange, "hand_over", "", "cat", "dan").rows
    of_cat = rows.filter(pl.col("owner_id") == "cat")
    assert of_cat["event_id"].to_list() == [
        "old-cat",
        "before-cat",
        "cat@2025-04-15T00:00:00Z",
        "new-cat",
        "after-cat",
    ]
    assert rows["owner_id"].unique().sort().to_list() == ["cat", "dan"]


def test_moving_together_shows_where_to_and_when(exchange):
    rows = behind(exchange, "moved", "", "cat", "dan").rows
    moved = [f"{who}@2025-04-15T00:00:00Z" for who in ("cat", "dan")]
    assert rows["event_id"].to_list() == moved
    assert rows["act"].unique().to_list() == ["is moved to"]


def test_every_signal_that_has_a_query_was_tried():
    assert {*SIGNALS, "replay", "moved", "hand_over"} == set(QUERY_OF)


def test_a_path_of_money_counts_its_hops_the_way_the_money_went(told):
    rows = told["deposit_origin"].select("owner_id", "hop", "actor", "act", "upon").rows()
    assert rows == [
        ("ann", 1, digits("0xc"), "sends to", digits("0x1")),
        ("ann", 2, digits("0x1"), "sends to", "ann"),
        ("bob", 1, digits("0xc"), "sends to", digits("0x2")),
        ("bob", 2, digits("0x2"), "sends to", "bob"),
    ]


def test_no_value_and_no_address_outside_can_be_read(told):
    outside = {end for _, *ends, _, _ in TRANSFERS for end in ends} - {"ann", "bob", "cat", "dan"}
    for rows in told.values():
        cells = {cell for name in ("actor", "upon") for cell in rows[name].drop_nulls()}
        assert not cells & (outside | {DEVICE, ADDRESS, *map(hashed, outside)})
        assert all(len(cell) <= 9 for cell in cells)


def test_the_shortest_cells_are_told_in_which_two_met_as_often(exchange):
    assert behind(exchange, "opposite", "ann|bob").cells["seconds"].to_list() == [60]
    assert behind(exchange, "opposite", "ann|bob", sightings=9).cells["seconds"].to_list() == [900]


def test_of_many_rows_everybodys_first_is_shown_and_the_rest_is_counted(exchange):
    rows = behind(exchange, "device", DEVICE, most=2).rows
    assert rows["event_id"].to_list() == ["l1", "l3"]
    assert rows["in_all"].to_list() == [3, 3]


def test_every_hop_is_shown_before_any_is_shown_twice(tmp_path):
    home = create_home(tmp_path / "home", "home-1", rehearsal=True)
    many = [("0xc", "0x1", n, 9) for n in range(5)] + [("0x1", "ann", 9, 40), ("0xc", "bob", 9, 1)]
    moves = [
        {"transfer_id": f"t{n}", "source": s, "destination": d, "ts": at(h), "amount_usd": usd}
        for n, (s, d, h, usd) in enumerate(many)
    ]
    files = [write(home, "accounts", accounts()), write(home, "transfers", moves)]
    rows = behind((home, files), "deposit_origin", hashed("0xc"), most=3).rows
    assert rows["event_id"].to_list() == ["t0", "t5", "t6"]


def test_a_signal_without_a_query_is_refused(exchange):
    with pytest.raises(KeyError, match="aura"):
        behind(exchange, "aura", "a")


def test_a_home_without_files_of_a_kind_shows_no_rows(tmp_path):
    home = create_home(tmp_path / "home", "home-1", rehearsal=True)
    files = [write(home, "accounts", accounts())]
    for signal in ("device", "deposit_origin", "opposite", "replay", "referral"):
        assert behind((home, files), signal, "any").rows.is_empty()


@pytest.mark.parametrize("seed", range(2))
def test_paths_are_those_of_the_evidence(tmp_path, seed):
    """The rule of the ways is written twice: for all owners, and for those of one case."""
    home = create_home(tmp_path / "home", "home-1", rehearsal=True)
    draw = random.Random(seed)
    owners = {"ann", "bob", "cat", "dan"}
    ends = [*sorted(owners), *(f"0x{number}" for number in range(12))]
    moves = [
        {
            "transfer_id": f"t{number}",
            "source": source,
            "destination": destination,
            "ts": at(draw.randrange(500)),
            "amount_usd": Decimal(draw.randrange(1, 900)),
        }
        for number, (source, destination) in enumerate(draw.sample(ends, 2) for _ in range(40))
    ]
    files = [write(home, "accounts", accounts()), write(home, "transfers", moves)]
    caps = Caps(device=9, network=9, withdrawal_destination=9, deposit_source=9, paths=5)
    paths = load_sightings(home, files, until=UNTIL, caps=caps).paths.with_row_index("piece")
    assert paths.height
    columns = ("piece", "owner_id", "signal", "value_hash", "hops")
    edges = [
        edge(signal, value, *sorted((owner, min(owners - {owner}))), piece=piece)
        for piece, owner, signal, value, _ in paths.select(columns).iter_rows()
    ]
    limits = RowLimits(paths=5, most=200)
    rows = load_evidence_rows(home, files, pl.concat(edges), until=UNTIL, limits=limits).rows
    for piece, owner, _, _, hops in paths.select(columns).iter_rows():
        mine = rows.filter((pl.col("owner_id") == owner) & (pl.col("piece") == piece))
        ways = [sorted(set(part["hop"])) for _, part in mine.group_by("strand")]
        assert min(map(len, ways)) == hops + 1
        assert all(way == list(range(1, len(way) + 1)) for way in ways)
