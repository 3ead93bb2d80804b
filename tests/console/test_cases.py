"""`winnow cases show`: what a moderator sees first, and that nothing is kept back unsaid."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from console.cli.showing import OBSERVATIONS_SHOWN, show_timeline
from jobs.detect import detect
from jobs.initialise import initialise, preset_text
from jobs.settings import read_settings
from jobs.timelines import Aligned, OrdersPair, PairTimeline, Repeated
from tests.conftest import copy_home
from warehouse.cases import list_cases
from warehouse.connection import warehouse
from warehouse.home import Home
from warehouse.ingest import ingest_sources

AS_OF = datetime(2025, 3, 27, tzinfo=UTC)
NOON = datetime(2025, 3, 22, 12, tzinfo=UTC).replace(tzinfo=None)
FOUR = ("four", "one", "three", "two")
SINKS = 13


def feed(home: Home, folder: Path, name: str, header: str, lines: list[str]) -> None:
    path = folder / f"{name}.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    ingest_sources(home, [path], now=AS_OF, key=bytes(32))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a case of four owners who withdraw to thirteen addresses."""
    root = tmp_path_factory.mktemp("cases")
    text = preset_text("backpack", 1)
    home = initialise(root / "home", read_settings({}), text, rehearsal=False, now=AS_OF).home
    accounts = [f"stranger-{number},2025-03-20T00:00:00Z" for number in range(2_000)]
    accounts += [f"{name},2025-03-21T0{hour}:00:00Z" for hour, name in enumerate(FOUR)]
    transfers = [
        f"t-{name}-{number},2025-03-22T10:00:00Z,{name},sink-{number},USDC,10"
        for name in FOUR
        for number in range(SINKS)
    ]
    logins = [f"l-{name},2025-03-22T10:00:00Z,{name},phone-of-{name}" for name in FOUR]
    feed(home, root, "accounts-2025-03-20", "account_id,opened_at", accounts)
    columns = "transfer_id,ts,source,destination,asset,amount"
    feed(home, root, "transfers-2025-03-22", columns, transfers)
    feed(home, root, "logins-2025-03-22", "login_id,ts,account_id,device_id", logins)
    detect(home, as_of=AS_OF, now=AS_OF)
    return root


@pytest.fixture
def case_id(found: Path, tmp_path: Path) -> str:
    home = copy_home(found, tmp_path)
    with warehouse(home, read_only=True) as connection:
        return str(list_cases(connection)["case_id"].item())


def test_the_screen_says_how_much_more_there_is_and_json_holds_it(
    winnow: Any, case_id: str
) -> None:
    document = winnow("cases", "show", case_id, "--json").json
    observations = document["explanation"]["observations"]
    assert len(observations) == SINKS + 2  # and that they signed up close together, twice
    shown = winnow("cases", "show", case_id).out
    said = [sentence in " ".join(shown.split()) for sentence in observations]
    assert said == [True] * OBSERVATIONS_SHOWN + [False] * 5
    assert "and 5 more; --json has all of them" in shown
    # Until when was looked; what was not asked for; how firmly everybody belongs.
    assert document["as_of"] == "2025-03-27T00:00:00Z"
    assert "2025-03-27 00:00 UTC" in shown
    assert (document["rows"], document["timelines"]) == (None, None)
    strengths = document["explanation"]["strengths"]
    assert sorted(one["owner_id"] for one in strengths) == sorted(FOUR)


def test_every_observation_leads_to_its_events_and_no_value_is_shown(
    winnow: Any, case_id: str, tmp_path: Path
) -> None:
    pictures = [tmp_path / name for name in ("a.svg", "b.svg")]
    asked = ("cases", "show", case_id, "--rows", "--timeline", "--picture")
    answer = winnow(*asked, str(pictures[0]), "--json")
    document, shown = answer.json, winnow(*asked, str(pictures[1])).out
    _check_rows(document)
    assert ["four@2025-03-21T00:00:00Z", "2025-03-21 00:00:00", "four"] in [
        line[:3] for line in cells(shown)
    ]
    assert "10 more observations: --family, --of or --json" in shown
    assert "What two owners traded together  none" in shown
    first, second = (path.read_text() for path in pictures)
    assert first == second
    circles = Xml.fromstring(first).iter("{http://www.w3.org/2000/svg}circle")  # noqa: S314
    assert len(list(circles)) == len(FOUR)
    assert not any(
        word in text for word in ("sink", "phone") for text in (answer.out, shown, first)
    )


def _check_rows(document: Any) -> None:
    observed = {one["number"]: one for one in document["explanation"]["observed"]}
    assert {one["number"] for one in document["rows"]} == set(observed)
    sinks = [one for one in document["rows"] if observed[one["number"]]["family"] == "funding"]
    assert len(sinks) == SINKS
    for sink in sinks:
        assert sink["in_all"] == 4
        ids = {row["event_id"].rpartition("-")[0] for row in sink["rows"]}
        assert ids == {f"t-{name}" for name in FOUR}
        digits = f"{observed[sink['number']]['value']}…"
        assert {row["upon"] for row in sink["rows"]} == {digits}


def test_a_picture_is_its_readers_alone_and_replaces_nothing_unasked(
    winnow: Any, case_id: str, tmp_path: Path
) -> None:
    file, kept = tmp_path / "case.svg", tmp_path / "notes.txt"
    asked = ("cases", "show", case_id, "--picture")
    kept.write_text("mine")
    answer = winnow(*asked, str(kept))
    assert answer.code == 1
    assert "is there already and is kept" in answer.err
    assert kept.read_text() == "mine"
    assert winnow(*asked, str(file)).code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    kept.chmod(0o644)
    file.unlink()
    file.symlink_to(kept)
    assert winnow(*asked, str(file)).code == 1
    assert winnow(*asked, str(file), "--force").code == 0
    assert (kept.read_text(), file.is_symlink()) == ("mine", False)
    assert winnow(*asked, str(kept), "--force").code == 0
    assert kept.read_text().startswith("<svg")
    assert kept.stat().st_mode & 0o777 == 0o600


def test_rows_of_one_family_and_of_two_owners_are_asked_for(winnow: Any, case_id: str) -> None:
    words = ("--rows", "--family", "funding", "--of", "one", "--of", "two", "--most", "1")
    shown = winnow("cases", "show", case_id, *words).out
    assert shown.count("and 1 more rows; --most 2 has all of them") == SINKS
    assert "t-one-0" in shown
    assert "t-four-0" not in shown


def test_a_timeline_says_what_both_did_and_how_much_more_there_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    pair = OrdersPair("ann", "bob", ("opposite", "replay"), 9_000, 1, 2)
    hedge = Aligned(NOON, "M", "buy", "10.00", "sell", "9.50", opposite=True, fills=3, met=1)
    sequence = Repeated("buys M, sells N, buys M", 2, NOON, NOON + timedelta(hours=3))
    echo = Repeated("buys M", None, NOON, NOON + timedelta(hours=3))
    show_timeline(PairTimeline(pair, 60, (hedge,), 7, (sequence, echo)))
    said = capsys.readouterr().out
    assert "What ann (a) and bob (b) traded in the same 60 seconds; the first of 7 times" in said
    assert ["2025-03-22 12:00:00", "M", "buy", "10.00", "sell", "9.50", "3", "1"] in cells(said)
    steps = "buys M, sells N, buys M"
    assert [steps, "2", "2025-03-22 12:00:00", "2025-03-22 15:00:00"] in cells(said)
    assert ["buys M", "2025-03-22 12:00:00", "2025-03-22 15:00:00"] in cells(said)


def cells(said: str) -> list[list[str]]:
    return [re.split(r"\s{2,}", line.strip()) for line in said.splitlines()]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--family", "aura"), "'aura' is no family of evidence"),
        (("--of", "stranger-1"), "'stranger-1' is no owner of"),
        (("--picture", "nowhere/case.svg"), "there is no folder"),
    ],
)
def test_what_is_not_there_is_refused(
    winnow: Any, case_id: str, words: tuple[str, ...], why: str
) -> None:
    answer = winnow("cases", "show", case_id, "--rows", *words)
    assert answer.code == 1
    assert why in answer.err
