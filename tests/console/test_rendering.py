"""What the terminal shows is exact."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.cli.rendering import (
    counted,
    jsonable,
    moment,
    points,
    print_facts,
    print_line,
    print_refusal,
    print_table,
)
from warehouse.records import Week


@pytest.mark.parametrize(
    ("micropoints", "shown"),
    [
        (0, "0.000000"),
        (1, "0.000001"),
        (-1, "-0.000001"),
        (1_500_000, "1.500000"),
        (-2_000_000, "-2.000000"),
        (10_000_000_000_000, "10,000,000.000000"),
    ],
)
def test_points_are_shown_to_the_micropoint(micropoints: int, shown: str) -> None:
    assert points(micropoints) == shown


@given(st.integers(min_value=-(2**63), max_value=2**63))
def test_shown_points_read_back_as_the_same_micropoints(micropoints: int) -> None:
    assert Decimal(points(micropoints).replace(",", "")).scaleb(6) == micropoints


def test_json_carries_records_instants_and_paths() -> None:
    at = datetime(2025, 3, 28, 2, tzinfo=UTC)
    week = Week(1, 1, at, at, at)
    assert jsonable(week)["start"] == "2025-03-28T02:00:00Z"
    assert jsonable({"day": date(2025, 3, 28), "path": Path("a/b"), "list": (1, None)}) == {
        "day": "2025-03-28",
        "path": "a/b",
        "list": [1, None],
    }


def test_an_instant_from_the_warehouse_is_utc_whatever_the_machine_thinks() -> None:
    assert jsonable(datetime(2025, 3, 28, 2)) == "2025-03-28T02:00:00Z"  # noqa: DTZ001
    assert moment(None) == "never"


def test_a_path_or_a_digest_is_never_broken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    digest, path = "0123456789abcdef" * 4, "/a folder/" + "long/" * 20
    print_facts("A title", (("commitment", digest), ("file", path)))
    print_line(f"scores: {path}")
    assert capsys.readouterr().out.splitlines() == [
        "A title",
        f"  commitment    {digest}",
        f"  file          {path}",
        f"scores: {path}",
    ]


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 leaves"), (1, "1 leaf"), (1234, "1,234 leaves")]
)
def test_one_is_singular(number: int, said: str) -> None:
    assert counted(number, "leaf", "leaves") == said


def test_what_comes_from_outside_is_never_read_as_markup(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_refusal("[bold]x[/bold]\nsecond line")
    print_table("", ("owner",), [("[red]trader[/red]",)])
    said = capsys.readouterr()
    assert said.err == "refused: [bold]x[/bold] second line\n"
    assert "[red]trader[/red]" in said.out
