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
        """rows: (owner, first day, last day, logins from it, of so many since, device)."""
        used = [(*row, PHONE)[:6] for row in rows]
        seen = [
            (who, who, "device", device, noon + timedelta(first), noon + timedelta(last), logins)
            for who, first, last, logins, _, device in used
        ]
        uses = [(who, device, since) for who, *_, since, device in used]
        sightings = replace(
            nothing,
            devices=pl.DataFrame(seen, schema=SEEN_SCHEMA, orient="row"),
            uses=pl.DataFrame(uses, schema=USES_SCHEMA, orient="row"),
        )
        edges = device_evidence(sightings, population, TERMS).edges
        pairs = edges.group_by("owner_a", "owner_b").agg(pl.col("two_sided").any()).iter_rows()
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
    guests = [(f"guest-{n}", n, n + 0.1, 2, 12 - 2 * n) for n in range(6)]
    bench = joined(*guests)
    assert len(bench) == 15
    assert not any(bench.values())


@pytest.mark.parametrize("owners", [3, 4])
def test_a_phone_goes_through_few_hands_and_accounts_worked_in_shifts_are_more(joined, owners):
    shifts = joined(*((f"acct-{n}", 2 * n, 2 * n + 1, 20, 20) for n in range(owners)))
    assert set(shifts.values()) == {owners > 3}


def test_two_devices_used_half_and_half_are_main_ones_together(joined):
    farm = [(f"acct-{n}", 0, 40, 10, 20, device) for n in range(20) for device in "AB"]
    assert list(joined(*farm).values()) == [True] * 190


def test_a_login_each_on_the_others_device_makes_no_place_for_visitors_of_two(joined):
    def at(n, home):
        return (f"acct-{n}", 0, 40, 20, 21, "A") if home else (f"acct-{n}", 10, 10, 1, 10, "B")

    farm = [at(n, home) for n in range(10) for home in (True, False)]
    farm += [(f"{who}'", *facts, "BA"[device == "B"]) for who, *facts, device in farm]
    assert list(joined(*farm).values()) == [True] * 190


def test_devices_that_are_passed_on_every_week_join_who_meets_on_several(joined):
    farm = [
        (f"acct-{n:02d}", 7 * week, 7 * week + 6, 7, 35 - 7 * week, f"D{(n + week) % 20}")
        for n in range(20)
        for week in range(5)
    ]
    pairs = joined(*farm)
    assert [pairs["acct-00", f"acct-0{n}"] for n in range(1, 5)] == [True, True, False, False]


def test_a_cafes_guests_use_several_seats_and_log_in_at_home_mostly(joined):
    guests = [(f"guest-{n}", n, n + 9, 3, 20, seat) for n in range(8) for seat in "AB"]
    regulars = [(who, 0, 20, 10, 20, seat) for who in ("ann", "bob") for seat in "AB"]
    assert not any(joined(*guests, *regulars).values())


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


def test_a_seat_that_most_visit_from_a_shared_computer_at_home_is_still_a_seat(joined):
    guests = [(f"guest-{n}", n, n + 9, 3, 20) for n in range(8)]
    homes = [(f"guest-{n}", 0, 30, 17, 20, f"home-{n // 2}") for n in range(8)]
    regulars = [("ann", 0, 20, 20, 20), ("bob", 0, 20, 20, 20)]
    assert joined(*guests, *homes, *regulars)["ann", "bob"] is False


def test_what_two_share_is_weighed_from_when_they_first_shared_anything(joined):
    own = [("ann", 0, 40, 30, 40, "W"), ("cyd", 0, 40, 40, 40, "W")]
    own += [("bob", 0, 40, 30, 40, "V"), ("dan", 0, 40, 40, 40, "V")]
    both = [
        (who, *use) for who in ("ann", "bob") for use in ((0, 9, 4, 40, "A"), (38, 40, 5, 6, "B"))
    ]
    assert joined(*own, *both)["ann", "bob"] is False
