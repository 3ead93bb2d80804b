"""One device, and how it was used: by an operator, by a family, by guests, one after another."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from detection.signals.device import device_evidence
from detection.terms import DetectionTerms
from warehouse.findings import SEEN_SCHEMA, USES_SCHEMA

TERMS = DetectionTerms()
PHONE = "phone"


@pytest.fixture
def joined(nothing, noon, population):
    def of(*rows: tuple):
        """rows: (owner, first day, last day, logins from the phone, of so many since)."""
        seen = [
            (who, who, "device", PHONE, noon + timedelta(first), noon + timedelta(last), logins)
            for who, first, last, logins, _ in rows
        ]
        uses = [(who, PHONE, since) for who, *_, since in rows]
        sightings = replace(
            nothing,
            devices=pl.DataFrame(seen, schema=SEEN_SCHEMA, orient="row"),
            uses=pl.DataFrame(uses, schema=USES_SCHEMA, orient="row"),
        )
        edges = device_evidence(sightings, population, TERMS).edges
        pairs = edges.select("owner_a", "owner_b", "two_sided").iter_rows()
        return {(owner_a, owner_b): two_sided for owner_a, owner_b, two_sided in pairs}

    return of


def test_accounts_worked_from_one_device_are_two_sided(joined):
    assert joined(("ann", 0, 20, 9, 9), ("bob", 1, 19, 8, 10)) == {("ann", "bob"): True}


def test_the_tablet_of_a_family_is_nobodys_main_device(joined):
    family = joined(("dad", 0, 20, 4, 20), ("kid", 1, 19, 9, 10), ("mum", 0, 20, 5, 24))
    assert len(family) == 3
    assert not any(family.values())


def test_a_seat_in_a_cafe_is_visited_by_most_so_it_does_not_join_its_two_regulars(joined):
    guests = [(f"guest-{n}", n, n + 2, 1, 12) for n in range(8)]
    cafe = joined(("ann", 0, 20, 20, 20), ("bob", 0, 20, 20, 20), *guests)
    assert cafe["ann", "bob"] is False


def test_a_phone_that_was_sold_joins_seller_and_buyer_at_no_time(joined):
    assert joined(("seller", 0, 9, 15, 15), ("buyer", 10, 20, 9, 9)) == {("buyer", "seller"): False}


def test_guests_of_a_workshops_bench_come_one_after_another(joined):
    bench = joined(*((f"guest-{n}", n, n + 0.1, 2, 2) for n in range(6)))
    assert len(bench) == 15
    assert not any(bench.values())


def test_one_login_does_not_make_a_main_device_of_somebody_who_has_others(joined):
    assert joined(("ann", 0, 20, 9, 9), ("bob", 5, 5, 1, 2)) == {("ann", "bob"): False}


def test_without_a_count_of_logins_elsewhere_there_were_none(nothing, noon, population):
    devices = pl.DataFrame(
        [(who, who, "device", PHONE, noon, noon, 1) for who in ("ann", "bob")],
        schema=SEEN_SCHEMA,
        orient="row",
    )
    edges = device_evidence(replace(nothing, devices=devices), population, TERMS).edges
    assert edges["two_sided"].to_list() == [True]
