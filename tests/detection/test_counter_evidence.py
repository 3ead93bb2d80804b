"""What speaks against one operator is looked for as hard as what speaks for it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from detection.counter_evidence import counter_evidence, innocent
from detection.explain import strengths
from detection.terms import DetectionTerms
from warehouse.circumstances import (
    DECLARED_SCHEMA,
    DEVICES_SCHEMA,
    HOURS_SCHEMA,
    TURNS_SCHEMA,
    Circumstances,
)
from warehouse.findings import ACCOUNTS_SCHEMA, EDGES_SCHEMA

AS_OF = datetime(2025, 3, 28, tzinfo=UTC)
DAY = datetime(2025, 3, 1, tzinfo=UTC).replace(tzinfo=None)
NOTHING = Circumstances()


def edges(*rows):
    """rows: (a, b, family, signal, value, millibits, two_sided)."""
    full = [
        (a, b, family, signal, value, 2, weight, two_sided, None, None, 1, a, b)
        for a, b, family, signal, value, weight, two_sided in rows
    ]
    return pl.DataFrame(full, schema=EDGES_SCHEMA, orient="row")


DEVICE = ("ann", "bob", "device", "device", "d", 9_000, True)
NETWORK = ("ann", "bob", "network", "network", "n", 4_000, False)
SINK = ("ann", "bob", "funding", "withdrawal_destination", "s", 8_000, True)


def accounts(*names, group=None):
    known = {"account_id": list(names), "owner_id": list(names)}
    rows = pl.DataFrame(known).with_columns(
        opened_at=pl.lit(DAY), declared_group=pl.lit(group, pl.String)
    )
    missing = [name for name in ACCOUNTS_SCHEMA.names() if name not in rows.columns]
    return rows.with_columns(pl.lit(None).alias(name) for name in missing).select(
        pl.col(name).cast(kind) for name, kind in ACCOUNTS_SCHEMA.items()
    )


PAIR = accounts("ann", "bob")


def said(*rows, known=NOTHING):
    return counter_evidence(edges(*rows), PAIR, known, AS_OF)


def hours(**of):
    rows = [(owner, hour, 5) for owner, known in of.items() for hour in known]
    return replace(NOTHING, hours=pl.DataFrame(rows, schema=HOURS_SCHEMA, orient="row"))


def test_different_hours_of_the_day_are_told_with_their_correlation():
    (told,) = said(DEVICE, SINK, known=hours(ann=range(8), bob=range(12, 20)))
    assert told.startswith("the owners are there at different hours of the day: over 1 pair ")
    assert float(told.split()[-1]) < -0.5


@pytest.mark.parametrize("of_bob", [range(8), range(6, 14), [3]])
def test_the_same_hours_or_too_few_logins_say_nothing(of_bob):
    known = hours(ann=range(10), bob=of_bob)
    assert said(DEVICE, SINK, known=known) == ()


def turns(*spans):
    rows = [(value, who, DAY + timedelta(days=a), DAY + timedelta(days=b))
            for value, who, a, b in spans]  # fmt: skip
    return pl.DataFrame(rows, schema=TURNS_SCHEMA, orient="row")


def test_devices_of_ones_own_are_told():
    known = replace(
        NOTHING,
        devices=pl.DataFrame([("ann", 2, 1), ("bob", 3, 2)], schema=DEVICES_SCHEMA, orient="row"),
        turns=turns(("d", "ann", 0, 5), ("d", "bob", 3, 9)),
    )
    assert said(DEVICE, SINK, known=known) == (
        "each owner has devices that no other owner of the case was seen on",
    )


def test_a_device_that_changed_hands_is_told_and_is_the_nearest_reading():
    known = replace(NOTHING, turns=turns(("d", "ann", 0, 5), ("d", "bob", 6, 9)))
    assert said(DEVICE, SINK, known=known) == (
        "the shared device was used in turn: no owner came before the last one had left",
    )
    assert "sold, given or lent" in innocent(edges(DEVICE), PAIR, known)


def test_of_several_devices_those_are_counted_that_changed_hands():
    known = replace(
        NOTHING,
        turns=turns(("d", "ann", 0, 5), ("d", "bob", 6, 9), ("e", "ann", 0, 9), ("e", "bob", 1, 2)),
    )
    (told,) = said(DEVICE, SINK, known=known)
    assert told.startswith("1 of 2 shared devices were used in turn")
    assert "household" in innocent(edges(DEVICE), PAIR, known)


def test_countries_and_levels_that_differ_are_counted_and_not_named():
    rows = [("ann", "ann", "FR", 1), ("bob", "bob", "DE", 3)]
    known = replace(NOTHING, declared=pl.DataFrame(rows, schema=DECLARED_SCHEMA, orient="row"))
    assert said(DEVICE, SINK, known=known) == (
        "the accounts are from 2 countries",
        "the accounts are verified to different levels, from 1 to 3",
    )


def test_evidence_of_one_kind_is_told():
    assert said(DEVICE, NETWORK) == ("all evidence is of one kind, place: device and network",)


def test_evidence_that_others_could_have_made_is_told():
    weak = ("ann", "bob", "referral", "referral", "ann", 20_000, False)
    (told,) = said(SINK, weak)
    assert told.startswith("71 % of the bits are one-sided")


def test_the_nearest_reading_is_of_what_adds_most_and_took_both():
    assert "service" in innocent(edges(SINK, NETWORK), PAIR, NOTHING)
    many = accounts(*(f"o{number}" for number in range(9)))
    assert "kiosk" in innocent(edges(DEVICE, SINK), many, NOTHING)
    assert "one place" in innocent(edges(NETWORK), PAIR, NOTHING)
    assert "declared group" in innocent(edges(SINK), accounts("ann", "bob", group="g"), NOTHING)


def test_strengths_count_linked_pairs_over_all_others():
    far = ("bob", "cat", "network", "network", "n", 4_000, False)
    found = strengths(edges(DEVICE, far), pl.Series(["ann", "bob", "cat"]), DetectionTerms())
    assert [(one.owner_id, one.millibits, one.linked) for one in found] == [
        ("ann", 4_500, 1),
        ("bob", 4_500, 1),
        ("cat", 0, 0),
    ]
