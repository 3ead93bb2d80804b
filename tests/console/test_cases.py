"""`winnow cases show`: what a moderator sees first, and that nothing is kept back unsaid."""

from datetime import UTC, datetime
from typing import Any

import pytest

from jobs.detect import detect
from jobs.initialise import initialise, preset_text
from jobs.settings import read_settings
from warehouse.cases import list_cases
from warehouse.connection import warehouse
from warehouse.ingest import ingest_sources

AS_OF = datetime(2025, 3, 27, tzinfo=UTC)
PAIR = ("one", "two")
DEVICES = 13


@pytest.fixture
def case_id(environ: dict[str, str], tmp_path: Any) -> str:
    """A case of two owners with thirteen devices in common, opened two hours apart."""
    root = tmp_path / "home"
    text = preset_text("backpack", 1)
    home = initialise(root, read_settings(environ), text, rehearsal=False, now=AS_OF).home
    accounts = [f"stranger-{number},2025-03-20T00:00:00Z" for number in range(2_000)]
    accounts += [
        f"{name},2025-03-21T0{hour}:00:00Z" for hour, name in zip((1, 3), PAIR, strict=True)
    ]
    logins = [
        f"l-{name}-{number},2025-03-22T10:00:00Z,{name},phone-{number}"
        for name in PAIR
        for number in range(DEVICES)
    ]
    for name, header, lines in (
        ("accounts-2025-03-20", "account_id,opened_at", accounts),
        ("logins-2025-03-22", "login_id,ts,account_id,device_id", logins),
    ):
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join([header, *lines]) + "\n")
        ingest_sources(home, [path], now=AS_OF, key=bytes(32))
    detect(home, as_of=AS_OF, now=AS_OF)
    with warehouse(home, read_only=True) as connection:
        return str(list_cases(connection)["case_id"].item())


def test_the_screen_says_how_much_more_there_is_and_json_holds_it(
    winnow: Any, case_id: str
) -> None:
    observations = winnow("cases", "show", case_id, "--json").json["explanation"]["observations"]
    assert len(observations) == DEVICES + 2  # and that the two signed up close together, twice
    shown = winnow("cases", "show", case_id).out
    assert [sentence in shown for sentence in observations] == [True] * 10 + [False] * 5
    assert "and 5 more; --json has all of them" in shown


def test_it_is_told_until_when_was_looked(winnow: Any, case_id: str) -> None:
    assert winnow("cases", "show", case_id, "--json").json["as_of"] == "2025-03-27T00:00:00Z"
    assert "2025-03-27 00:00 UTC" in winnow("cases", "show", case_id).out
