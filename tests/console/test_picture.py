"""The picture of a case as SVG: well-formed, escaped, no script; it says what it leaves out."""

from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest

from console.picture import draw
from detection.observations import Observed
from detection.picture import KINDS, Hub, Line, Node, Picture

BAD = "<script>alert('&')</script>"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def picture() -> Picture:
    """Three owners, one of them badly named, who share a device; two of them more."""
    nodes = tuple(
        Node(name, place, place / 2, place, 9_000, 2)
        for name, place in ((BAD, 0.0), ("bob", 0.5), ("cat", 1.0))
    )
    shared = Observed(
        1, "device", "device", "place", "d" * 8, (BAD, "bob", "cat"), 3, 3, 1, 9_000, 27_000,
        True, 6, None, None, f"{BAD} and others logged in",
    )  # fmt: skip
    spokes = tuple(Line(n, 0, True, "place", 0, 1, 9_000, True, ("x",)) for n in range(3))
    between = Line(0, 1, False, "money", 0, 1, 4_000, False, (BAD, "second"))
    return Picture(nodes, (Hub(0.5, 0.4, shared),), (*spokes, between), 3, 2, 2)


def test_it_is_well_formed_and_holds_no_script(picture: Picture) -> None:
    text = draw(picture, BAD)
    root = Xml.fromstring(text)  # noqa: S314
    assert not list(root.iter(f"{SVG}script"))
    assert "<script" not in text
    assert "href" not in text


def test_owners_what_they_share_and_what_is_between_them_are_drawn_and_told(
    picture: Picture,
) -> None:
    root = Xml.fromstring(draw(picture, "C-1"))  # noqa: S314
    assert len(list(root.iter(f"{SVG}circle"))) == 3
    titles = [title.text for title in root.iter(f"{SVG}title")]
    assert "bob: strength 9.0 bits, linked to 2 owners" in titles
    assert f"{BAD}\nsecond" in titles
    assert [path.get("class") for path in root.iter(f"{SVG}path")].count("money weak") == 1


def test_every_kind_stands_in_the_legend(picture: Picture) -> None:
    root = Xml.fromstring(draw(picture, "C-1"))  # noqa: S314
    written = " ".join(text.text or "" for text in root.iter(f"{SVG}text"))
    assert all(f"{kind}: " in written for kind in KINDS)


def test_it_says_what_is_left_out(picture: Picture) -> None:
    assert "3 owners; 2 observations, all drawn" in draw(picture, "C-1")
    larger = replace(picture, owners=500, observed=90)
    text = draw(larger, "C-1")
    assert "500 owners, of whom the 497 that belong least firmly are left out" in text
    assert "2 of 90 observations are drawn, the strongest; 88 are left out" in text


def test_the_same_picture_gives_the_same_bytes(picture: Picture) -> None:
    assert draw(picture, "C-1") == draw(picture, "C-1")
