"""A case as a picture: who stands where, what is a line and what a mark of its own."""

from itertools import combinations

import polars as pl
import pytest

from detection.explain import Strength
from detection.observations import observe
from detection.picture import lay_out
from warehouse.findings import EDGES_SCHEMA

NO_NORMS = pl.DataFrame(schema={"signal": pl.String, "median_holders": pl.Int64})


def observed(*groups):
    """groups: (signal, family, value, owners), every two of the owners joined."""
    rows = [
        (a, b, family, signal, value, len(owners), 9_000, True, None, None, 2, a, b)
        for signal, family, value, owners in groups
        for a, b in combinations(sorted(owners), 2)
    ]
    return observe(pl.DataFrame(rows, schema=EDGES_SCHEMA, orient="row"), NO_NORMS)


def firm(names):
    return tuple(Strength(name, 9_000, 1) for name in names)


def owners(count):
    return [f"o{number:04d}" for number in range(count)]


def test_what_two_have_in_common_is_a_line_for_each_kind():
    names = owners(2)
    picture = lay_out(
        observed(("device", "device", "d", names), ("replay", "replay", "a|b", names)), firm(names)
    )
    assert [(line.kind, line.lane, line.lanes) for line in picture.lines] == [
        ("place", 0, 2),
        ("orders", 1, 2),
    ]
    assert picture.hubs == ()


def test_what_many_share_is_a_mark_with_a_line_to_each():
    names = owners(9)
    picture = lay_out(observed(("device", "device", "d", names)), firm(names))
    assert len(picture.lines) == 9
    assert [hub.observed.owners for hub in picture.hubs] == [tuple(names)]
    assert all(line.to_hub and line.end == 0 for line in picture.lines)


def test_the_same_case_gives_the_same_picture_and_marks_do_not_hide_each_other():
    names = owners(12)
    seen = observed(*(("device", "device", f"d{n}", names) for n in range(3)))
    picture = lay_out(seen, firm(names))
    assert picture == lay_out(seen, firm(names))
    places = {(mark.x, mark.y) for mark in (*picture.nodes, *picture.hubs)}
    assert len(places) == 15
    assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in places)


@pytest.mark.parametrize("count", [1, 2])
def test_owners_without_evidence_between_them_are_drawn_too(count):
    picture = lay_out((), firm(owners(count)))
    assert [node.owner_id for node in picture.nodes] == owners(count)


def test_of_a_large_case_the_strongest_is_drawn_and_the_rest_is_counted(monkeypatch):
    for name, bound in (("MOST_OWNERS", 50), ("MOST_LINES", 90), ("MOST_HUBS", 6)):
        monkeypatch.setattr(f"detection.picture.{name}", bound)
    names = owners(55)
    groups = [("device", "device", f"d{n}", names[n * 5 : n * 5 + 12]) for n in range(10)]
    picture = lay_out(observed(*groups), firm(names))
    assert [node.owner_id for node in picture.nodes] == names[:50]
    assert picture.owners == 55
    assert len(picture.lines) <= 90
    assert len(picture.hubs) == 6
    assert (picture.observed, picture.drawn) == (10, 6)


def test_what_holds_the_owners_together_is_drawn_before_what_is_strong(monkeypatch):
    monkeypatch.setattr("detection.picture.MOST_LINES", 6)
    trio, couple = owners(3), ["o0002", "z"]
    strong = [("device", "device", f"d{n}", trio) for n in range(3)]
    picture = lay_out(observed(*strong, ("replay", "replay", "weak", couple)), firm([*trio, "z"]))
    assert {node.owner_id for node in picture.nodes} == {*trio, "z"}
    assert [line.kind for line in picture.lines].count("orders") == 1
    assert picture.drawn == 2
