import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from rehearsal.page import page
from rehearsal.scoring import score
from rehearsal.scoring.report import TUNED, Report
from tests.rehearsal.seasons_by_hand import DAY, POINT, Person, SeasonByHand, case, farm

HOSTILE = "<script>alert('x')</script>"
VOID = frozenset({"meta", "br", "hr", "img", "input", "link"})


def a_report(seed: int = 1, name: str = "couples") -> Report:
    """A farm that was found, one that was not, and a couple that had to wait."""
    couple = tuple(Person(one, name, group="the couple") for one in ("ann", "bob"))
    people = (*farm("mill", 3), *farm("free", 2, "A6", "L2"), *couple, Person("cy"))
    season = SeasonByHand(people, seed=seed).with_rows(
        flags=(("mill-1", "C-1", 1), ("mill-2", "C-1", 2), ("ann", "C-2", 1)),
        confirmed=(("mill-1", "C-1"),),
        issued=(
            ("mill-1", 1, 0, 50 * POINT),
            ("mill-2", 1, 40 * POINT, 0),
            ("free-1", 1, 40 * POINT, 0),
            ("ann", 1, 0, 9 * POINT),
            ("cy", 1, 10 * POINT, 0),
        ),
        ledger=(
            ("mill-1", 1, 0, 0, 10 * POINT, 0, 50 * POINT, 0),
            ("mill-2", 1, 40 * POINT, 0, 0, 0, 0, 0),
            ("free-1", 1, 40 * POINT, 0, 0, 0, 0, 0),
            ("ann", 1, 0, 9 * POINT, 0, 0, 0, 0),
            ("cy", 1, 50 * POINT, 0, 0, 40 * POINT, 0, 0),
        ),
        redistributed=((1, "cy", 40 * POINT),),
        holds=(("ann", 1, "held", 9 * POINT, 0, 4 * DAY),),
        fees=(
            ("mill-1", 1, 5 * POINT, 0, 900 * POINT),
            ("free-1", 1, POINT, 2 * POINT, 900 * POINT),
            ("cy", 1, 4 * POINT, 0, 900 * POINT),
        ),
        reviews=((1, 1, "C-1", "confirm", "confirm"),),
        cases=(
            case("C-1", "confirm", "confirm", ("mill-1", "mill-2")),
            case("C-2", "dismiss", None, ("ann",)),
        ),
        splitting=((1, "mill", 2, 90 * POINT, 70 * POINT),),
    )
    return score([season.played()])


class Reader(HTMLParser):
    """Checks that every element is closed in its turn, and keeps what is there."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


EMPTY = score([SeasonByHand((Person("cy"),)).played()])


@pytest.mark.parametrize("report", [a_report(), EMPTY], ids=["a season", "nothing happened"])
def test_the_page_is_well_formed_and_stands_alone(report: Report) -> None:
    text = page(report)
    reader = read(text)
    assert not {"script", "link", "img", "iframe", "object"} & set(reader.seen)
    names = {name for name, _ in reader.attributes}
    assert not {name for name in names if name.startswith("on") or name in {"src", "href"}}
    assert not re.search(r"https?:|url\(|@import", text)


def test_nothing_stands_outside_its_plot() -> None:
    report = a_report()
    places = re.findall(r'(?:cx|x|x1|x2|width|y|height)="(-?[\d.]+)%"', page(report))
    assert places
    assert all(0 <= float(place) <= 100 for place in places)
    assert "nan" not in page(report).lower().replace("finance", "")


def test_a_hostile_name_is_only_text() -> None:
    text = page(a_report(name=HOSTILE))
    assert HOSTILE not in text
    assert "&lt;script&gt;" in text
    read(text)


def test_a_hostile_finding_is_only_text() -> None:
    text = page(replace(a_report(), findings=(f"seed 1: {HOSTILE}",)))
    assert "The books do not add up" in text
    assert HOSTILE not in text


def test_the_same_report_gives_the_same_bytes_in_another_process() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from rehearsal.page import page; import runpy;"
        "made = runpy.run_path(sys.argv[2]);"
        "sys.stdout.buffer.write(made['page'](made['a_report']()).encode())"
    )
    made = subprocess.run(
        [sys.executable, "-c", code, ".", __file__], capture_output=True, check=True
    ).stdout
    assert made == page(a_report()).encode()


def test_the_page_says_that_it_is_synthetic_and_that_tuning_is_no_evaluation() -> None:
    tuned, fresh = page(a_report(seed=1)), page(a_report(seed=1000))
    assert "Every season here is synthetic" in tuned
    assert TUNED in tuned
    assert "not an evaluation" in tuned
    assert "Every season here is synthetic" in fresh
    assert "not an evaluation" not in fresh


def test_what_is_drawn_stands_in_words_beside_it() -> None:
    text = page(a_report()).replace("\u00a0", " ")
    for words in ("A1 naive farm", "2/3 flagged", "1/1 groups", "no cost", "1.29 ×", "36.0"):
        assert words in text


def test_the_colours_follow_the_reader() -> None:
    assert "prefers-color-scheme: dark" in page(a_report())
