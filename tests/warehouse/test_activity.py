"""What load_activity reads, against a second, plain way: Python's integers over lists of events."""

import hashlib
import random
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import warehouse.activity
from tests.warehouse.plain_activity import (
    END,
    HOUR,
    KINDS,
    START,
    TICK,
    WEEK,
    Account,
    Balance,
    Events,
    Fill,
    Plain,
    Referral,
    exact,
    large_sample,
    measured,
    read,
    read_eligible,
)
from warehouse.activity import load_activity, without_cycles
from warehouse.connection import scratch
from warehouse.errors import AllocationError, SeasonError
from warehouse.frames import Activity, Scope
from warehouse.home import Home

ACCOUNTS = ("ann", "bob", "cat", "dan", "eve", "fay", "gus", "ned")
OWNERS = (None, "ann", "bob", "firm")


# Against the plain way ----------------------------------------------------------------------------

units = st.one_of(st.integers(10**6, 10**13), st.sampled_from([0, 1, 10**15 + 1, 10**23 - 1]))
signed = st.builds(lambda size, sign: size * sign, units, st.sampled_from([1, 1, -1]))
fees = st.one_of(st.integers(-30, 30), st.integers(10**5, 10**12), st.integers(-(10**12), 0))
instants = st.one_of(
    st.sampled_from([START, START - TICK, START + TICK, END, END - TICK, START + 24 * HOUR]),
    st.integers(-30, 8 * 24).map(lambda hours: START + hours * HOUR),
)
names = st.sampled_from(ACCOUNTS)


a_account = st.builds(
    Account,
    account_id=names,
    owner_id=st.sampled_from(OWNERS),
    kind=st.sampled_from([None, None, "retail", "institution", "market_maker", "system"]),
    country=st.sampled_from([None, "DE", "DE", "DE", "KP"]),
    kyc_level=st.sampled_from([None, 0, 1, 2, 2, 2]),
    changed_at=instants,
)
a_fill = st.builds(
    Fill,
    fill_id=st.just(""),
    maker_id=names,
    taker_id=names,
    ts=instants,
    market=st.sampled_from(["SOL", "SOL-PERP", "AAPLx"]),
    product=st.sampled_from(["spot", "perp", "equity"]),
    notional_usd=units,
    maker_fee_usd=fees,
    taker_fee_usd=fees,
    referral_paid_usd=st.one_of(st.none(), st.integers(0, 40), st.integers(0, 10**11)),
    realised_pnl_maker_usd=st.one_of(st.none(), signed),
    realised_pnl_taker_usd=st.one_of(st.none(), signed),
    busts=st.sampled_from([None, None, None, None, None, "f0", "f1"]),
)
a_balance = st.builds(
    Balance,
    snapshot_id=st.just(""),
    amount_usd=signed,
    account_id=names,
    ts=instants,
    kind=st.sampled_from(["lent", "borrowed", "collateral", "position", "position"]),
    asset=st.sampled_from(["SOL", "BTC"]),
)
a_referral = st.builds(
    Referral, referral_id=st.just(""), referrer_id=names, referee_id=names, ts=instants
)
a_case = st.tuples(st.sampled_from(["ann", "bob", "cat", "firm"]), st.sampled_from("12"))


@st.composite
def events(draw: st.DrawFn) -> Events:
    return Events(
        accounts=[Account(name) for name in ACCOUNTS[:6]]
        + draw(
            st.lists(a_account, max_size=5, unique_by=lambda row: (row.account_id, row.changed_at))
        ),
        fills=[
            replace(fill, fill_id=f"f{number}")
            for number, fill in enumerate(draw(st.lists(a_fill, min_size=3, max_size=20)))
        ],
        balances=[
            replace(balance, snapshot_id=f"b{number:02}")
            for number, balance in enumerate(draw(st.lists(a_balance, min_size=3, max_size=20)))
        ],
        referrals=[
            replace(referral, referral_id=f"r{number}")
            for number, referral in enumerate(draw(st.lists(a_referral, min_size=2, max_size=8)))
        ],
        confirmed=draw(st.lists(a_case, max_size=4, unique=True)),
    )


@settings(max_examples=25, deadline=None)
@given(events())
def test_every_measure_equals_its_definition_computed_event_by_event(drawn: Events) -> None:
    assert measured(drawn) == Plain(drawn).values()


@settings(max_examples=15, deadline=None)
@given(events())
def test_sums_are_exact_to_the_last_digit_before_the_floor(drawn: Events) -> None:
    sums = exact(read_eligible(drawn))
    plain = Plain(drawn)
    plain.values()
    for name, by_owner in sums.items():
        assert by_owner == {owner: value for owner, value in plain.sums[name].items() if value}


def test_a_large_sample_equals_its_definition_with_more_markets_than_one_block_holds() -> None:
    sample = large_sample(20250321)
    plain = Plain(sample).values()
    assert max(plain["markets_traded"].values()) > 60 * 10**6
    assert all(plain.values())
    assert measured(sample) == plain


def digest(activity: Activity) -> str:
    hashed = hashlib.sha256()
    for name in ("fills", "presence", "balances", "accounts", "unknown", "referrals"):
        content: pl.DataFrame = getattr(activity, name)
        hashed.update(content.write_csv().encode())
    return hashed.hexdigest()


def test_the_bytes_depend_neither_on_threads_nor_on_the_order_of_rows_and_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sample = large_sample(7)
    shuffle = random.Random(1).sample
    other = Events(
        accounts=shuffle(sample.accounts, len(sample.accounts)),
        fills=shuffle(sample.fills, len(sample.fills)),
        balances=shuffle(sample.balances, len(sample.balances)),
        referrals=shuffle(sample.referrals, len(sample.referrals)),
        confirmed=sample.confirmed[::-1],
    )
    digests = set()
    for threads in (1, 2, 4):
        monkeypatch.setattr(warehouse.activity, "scratch", partial(scratch, threads=threads))
        digests |= {digest(read(order, ("M1", "M2"))) for order in (sample, other)}
    assert len(digests) == 1


# Rule by rule -------------------------------------------------------------------------------------


def fill_sums(events: Events) -> dict[tuple[str, str], int]:
    """Return (owner, role) -> notional in whole USD of what counts."""
    rows = read(events).fills.select("owner_id", "role", "perp_notional").iter_rows()
    return {(owner, role): units // 10**10 for owner, role, units in rows}


def test_the_window_holds_its_start_and_not_its_end() -> None:
    at_start, before = Fill("f1"), Fill("f2", ts=START - TICK)
    at_end, last = Fill("f3", ts=END), Fill("f4", ts=END - TICK)
    activity = read(Events(fills=[at_start, before, at_end, last]))
    assert activity.fills["perp_notional"].to_list() == [2 * 10**12, 2 * 10**12]
    assert activity.presence["trading_days"].to_list() == [2, 2]


def test_a_week_of_six_days_has_six_trading_days() -> None:
    days = [Fill(f"f{day}", ts=START + day * 24 * HOUR) for day in range(-1, 8)]
    assert read(Events(fills=days)).presence["trading_days"].to_list() == [6, 6]


def test_a_bust_in_a_later_file_removes_its_fill_and_is_no_trade_itself() -> None:
    trade, other = Fill("f1"), Fill("f2")
    bust = Fill("f3", ts=END + 30 * HOUR, busts="f1")
    assert fill_sums(Events(fills=[trade, other, bust])) == {
        ("ann", "maker"): 100,
        ("bob", "taker"): 100,
    }
    bust_inside = replace(bust, ts=START + HOUR)
    assert fill_sums(Events(fills=[trade, bust_inside])) == {}


def test_a_trade_with_oneself_does_not_count() -> None:
    assert fill_sums(Events(fills=[Fill("f1", "ann", "ann")])) == {}


def test_trades_between_accounts_of_one_owner_do_not_count() -> None:
    accounts = [Account("ann"), Account("sub", "ann"), Account("sub2", "ann"), Account("bob")]
    fills = [Fill("f1", "sub", "ann"), Fill("f2", "sub", "sub2"), Fill("f3", "sub", "bob")]
    assert fill_sums(Events(accounts, fills)) == {("ann", "maker"): 100, ("bob", "taker"): 100}


def test_a_sub_account_does_not_earn_against_a_main_account_whose_row_is_missing() -> None:
    events = Events([Account("sub", "ann")], [Fill("f1", "sub", "ann")])
    assert fill_sums(events) == {}


def test_trades_within_one_confirmed_case_do_not_count_and_those_between_cases_do() -> None:
    accounts = [Account("ann"), Account("sub", "bob"), Account("bob"), Account("cat")]
    fills = [Fill("f1", "ann", "sub"), Fill("f2", "ann", "cat")]
    confirmed = [("ann", "C1"), ("bob", "C1"), ("bob", "C2"), ("cat", "C2")]
    assert fill_sums(Events(accounts, fills, confirmed=confirmed)) == {
        ("ann", "maker"): 100,
        ("cat", "taker"): 100,
    }


def test_what_the_venue_keeps_is_credited_to_those_who_paid_in_proportion() -> None:
    def net(maker: int, taker: int, referral: int | None = None) -> tuple[int, int]:
        fill = Fill("f1", maker_fee_usd=maker, taker_fee_usd=taker, referral_paid_usd=referral)
        frame = read(Events(fills=[fill])).fills
        return tuple(frame["net_fees"].to_list())

    assert net(-3, 10) == (0, 7)  # a rebate is paid out of the taker's fee
    assert net(-10, 3) == (0, 0)  # the venue keeps nothing
    assert net(1, 2) == (1, 2)
    assert net(1, 2, 1) == (0, 2)  # 2/3 floored for the maker, the rest for the taker
    assert net(5, 5, 5) == (2, 3)
    assert net(5, 5, 11) == (0, 0)
    assert net(0, 7, 2) == (0, 5)


def test_the_division_of_a_referral_is_exact_whatever_its_size() -> None:
    draw = random.Random(7)
    fills = []
    for number in range(6_000):
        maker, taker = (draw.randint(1, 10 ** draw.randint(1, 18)) for _ in "mt")
        if number % 3 == 0:
            maker = taker * draw.randint(1, 3)  # the quotient is often whole
        referral = draw.randint(1, max(maker + taker - 1, 1))
        own = Fill(f"f{number}", f"m{number}", f"t{number}")
        fills.append(
            replace(own, maker_fee_usd=maker, taker_fee_usd=taker, referral_paid_usd=referral)
        )
    people = [Account(name) for fill in fills for name in (fill.maker_id, fill.taker_id)]
    found = read(Events(accounts=people, fills=fills)).fills
    net = dict(zip(found["owner_id"], found["net_fees"], strict=True))
    for fill in fills:
        maker, taker, referral = fill.maker_fee_usd, fill.taker_fee_usd, fill.referral_paid_usd
        both = maker + taker
        takers_part = referral * taker // both if referral < both else taker
        expected = (maker - (referral - takers_part), taker - takers_part)
        expected = expected if referral < both else (0, 0)
        assert (net[fill.maker_id], net[fill.taker_id]) == expected, fill


def test_the_account_version_in_force_at_the_windows_end_decides() -> None:
    versions = [
        Account("ann", kind="system"),
        Account("ann", kind=None, owner_id="firm", changed_at=END - TICK),
        Account("ann", kind="system", changed_at=END),
        Account("bob"),
    ]
    activity = read(Events(versions, [Fill("f1")]))
    assert activity.accounts.row(0, named=True) == {
        "account_id": "ann",
        "owner_id": "firm",
        "kind": "retail",
        "country": None,
        "kyc_level": 1,
        "active": True,
    }
    assert activity.fills["owner_id"].to_list() == ["bob", "firm"]


def test_an_account_of_an_excluded_kind_earns_nothing_and_its_counterparty_does() -> None:
    accounts = [Account("ann", kind="system"), Account("bob")]
    assert fill_sums(Events(accounts, [Fill("f1")])) == {("bob", "taker"): 100}


def test_an_account_opened_after_the_window_is_unknown_at_its_close() -> None:
    activity = read(Events([Account("ann", changed_at=END), Account("bob")], [Fill("f1")]))
    assert activity.unknown["account_id"].to_list() == ["ann"]
    assert activity.fills["owner_id"].to_list() == ["bob"]


def usd_hours(events: Events) -> dict[tuple[str, str], Fraction]:
    rows = read(events).balances.iter_rows()
    hour = HOUR // TICK
    return {(owner, kind): Fraction(usd_time, hour) for owner, kind, usd_time in rows}


def test_a_snapshot_before_the_window_is_carried_in_and_the_last_one_holds_to_its_end() -> None:
    before = Balance("b1", 5, ts=START - 40 * HOUR)
    newer = Balance("b2", 7, ts=START - HOUR)
    change = Balance("b3", 10, ts=START + 4 * HOUR)
    after = Balance("b4", 1000, ts=END)
    hours = 7 * 4 + 10 * (6 * 24 - 4)
    assert usd_hours(Events(balances=[before, newer, change, after])) == {("ann", "lent"): hours}


def test_a_snapshot_at_the_start_replaces_what_was_carried_in() -> None:
    balances = [Balance("b9", 7, ts=START - HOUR), Balance("b1", 2, ts=START)]
    assert usd_hours(Events(balances=balances)) == {("ann", "lent"): 2 * 6 * 24}


def test_negative_amounts_earn_nothing_and_take_nothing_away() -> None:
    balances = [Balance("b1", -9), Balance("b2", 2, asset="SOL")]
    assert usd_hours(Events(balances=balances)) == {("ann", "lent"): 2 * 6 * 24}


def test_open_interest_is_netted_across_an_owners_accounts_per_asset() -> None:
    accounts = [Account("ann"), Account("sub", "ann"), Account("bob")]
    balances = [
        Balance("b1", 10, "ann", START, "position", "SOL"),
        Balance("b2", -10, "sub", START + 3 * HOUR, "position", "SOL"),
        Balance("b3", -4, "sub", START, "position", "BTC"),
        Balance("b4", -6, "bob", START, "position", "SOL"),
    ]
    assert usd_hours(Events(accounts, balances=balances)) == {
        ("ann", "position"): 10 * 3 + 4 * 6 * 24,
        ("bob", "position"): 6 * 6 * 24,
    }


def test_the_leg_of_an_excluded_account_hedges_and_never_earns() -> None:
    accounts = [Account("ann"), Account("desk", "ann", kind="market_maker")]
    balances = [
        Balance("b1", 10, "ann", START, "position", "SOL"),
        Balance("b2", -7, "desk", START, "position", "SOL"),
        Balance("b3", 50, "desk", START, "position", "BTC"),
    ]
    assert usd_hours(Events(accounts, balances=balances)) == {("ann", "position"): 3 * 6 * 24}


def bound(*referrals: tuple[str, str]) -> list[tuple[str, str]]:
    accounts = [Account(name) for name in ACCOUNTS[:7]] + [Account("sub", "ann")]
    items = [
        Referral(f"r{number}", referrer, referee)
        for number, (referrer, referee) in enumerate(referrals)
    ]
    return read(Events(accounts, referrals=items)).referrals.rows()


def test_the_earliest_referral_binds_as_owners() -> None:
    assert bound(("bob", "sub"), ("cat", "ann"), ("sub", "dan")) == [("ann", "dan"), ("bob", "ann")]


def test_edges_on_a_cycle_pay_nothing_however_long_and_edges_beside_it_do() -> None:
    assert bound(("ann", "sub"), ("bob", "ann")) == []  # to oneself, and it has bound ann
    assert bound(("ann", "bob"), ("bob", "ann"), ("cat", "dan")) == [("cat", "dan")]
    circle = [("ann", "bob"), ("bob", "cat"), ("cat", "ann")]
    assert bound(*circle, ("cat", "dan"), ("dan", "eve")) == [("cat", "dan"), ("dan", "eve")]


def test_a_referral_after_the_window_or_by_an_unknown_account_pays_nothing() -> None:
    late = Referral("r1", "ann", "bob", ts=END)
    assert read(Events(referrals=[late])).referrals.is_empty()
    assert bound(("ned", "bob"), ("ann", "bob")) == []


def test_a_long_chain_of_referrals_is_kept_whole() -> None:
    chain = pl.DataFrame(
        {
            "referrer_id": [f"o{n:04}" for n in range(999)],
            "referee_id": [f"o{n + 1:04}" for n in range(999)],
        }
    )
    assert without_cycles(chain).equals(chain)
    closed = chain.vstack(pl.DataFrame({"referrer_id": ["o0999"], "referee_id": ["o0000"]}))
    assert without_cycles(closed).is_empty()


def test_markets_that_a_formula_boosts_are_kept_apart() -> None:
    fills = [Fill("f1"), Fill("f2", market="BTC"), Fill("f3", market="ETH")]
    frame = read(Events(fills=fills), markets=("BTC", "XRP")).fills
    assert frame.select("owner_id", "market").rows() == [
        ("ann", ""),
        ("ann", "BTC"),
        ("bob", ""),
        ("bob", "BTC"),
    ]


def test_no_events_at_all_make_empty_frames() -> None:
    activity = read(Events(accounts=[]))
    assert activity.fills.is_empty()
    assert activity.accounts.is_empty()
    assert activity.fills.schema["net_fees"] == pl.Int128


def test_absurd_amounts_are_refused_in_words() -> None:
    long = [Balance(f"b{number}", 10**24 - 1, asset=f"A{number}") for number in range(400)]
    with pytest.raises(AllocationError, match="more than 128 bits"):
        read(Events(balances=long))


def test_a_window_that_its_bits_cannot_hold_is_refused() -> None:
    week = replace(WEEK, end=WEEK.start + timedelta(days=62))
    home = Home(Path(), "test", rehearsal=True)
    with pytest.raises(SeasonError, match="longer than"):
        load_activity(home, week, (), pl.DataFrame(), Scope(KINDS))
