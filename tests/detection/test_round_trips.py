"""Round trips of wallets against a pool."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detection.round_trips import RoundTripTerms, round_trips

NOON = datetime(2026, 6, 21, 12, tzinfo=UTC)


def swaps(*steps: tuple[str, float, float]) -> pl.DataFrame:
    """Wallet, minutes after noon, tokens; a token is worth ten dollars."""
    return pl.DataFrame(
        [
            (wallet, "P", NOON + timedelta(minutes=minutes), number, tokens, 10 * abs(tokens))
            for number, (wallet, minutes, tokens) in enumerate(steps)
        ],
        schema=["wallet", "market", "ts", "order", "tokens", "usd"],
        orient="row",
    )


def one(frame: pl.DataFrame) -> dict[str, object]:
    return round_trips(frame).row(0, named=True)


def back_and_forth(times: int, gap: float = 1.0) -> list[tuple[str, float, float]]:
    return [("w", gap * step, 5.0 if step % 2 == 0 else -5.0) for step in range(2 * times)]


def test_a_wallet_that_keeps_coming_back_is_flagged() -> None:
    found = one(swaps(*back_and_forth(4)))
    assert (found["share"], found["turns"], found["flagged"]) == (1.0, 4.0, True)


def test_two_round_trips_are_not_enough() -> None:
    assert not one(swaps(*back_and_forth(2)))["flagged"]


def test_an_order_in_parts_is_one_round_trip_together() -> None:
    found = one(swaps(("w", 0, 3.0), ("w", 1, 2.0), ("w", 2, -4.0), ("w", 3, -1.0)))
    assert (found["share"], found["turns"]) == (1.0, 1.0)


def test_who_only_buys_or_comes_back_a_day_later_makes_no_round_trip() -> None:
    assert one(swaps(*(("w", minute, 1.0) for minute in range(20))))["share"] == 0.0
    assert one(swaps(*back_and_forth(5, gap=120)))["share"] == 0.0


def test_a_percent_off_is_neutral_and_more_is_not() -> None:
    assert one(swaps(("w", 0, 100.0), ("w", 1, -98.1)))["share"] == 1.0
    assert one(swaps(("w", 0, 100.0), ("w", 1, -97.0)))["share"] == 0.0


def test_a_wallet_that_sells_what_it_had_before_turns_nothing_over() -> None:
    found = one(swaps(*(("w", minute, -1.0) for minute in range(20))))
    assert found["turns"] == pytest.approx(0.5)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 200), st.sampled_from([-2.0, -1.0, 1.0, 2.0]))))
def test_what_is_covered_is_what_two_loops_cover(steps: list[tuple[int, float]]) -> None:
    ordered = sorted((minute, number, tokens) for number, (minute, tokens) in enumerate(steps))
    inside = set()
    terms = RoundTripTerms()
    for first in range(len(ordered)):
        for last in range(first + 1, len(ordered)):
            stretch = ordered[first : last + 1]
            net = abs(sum(tokens for _, _, tokens in stretch))
            moved = sum(abs(tokens) for _, _, tokens in stretch)
            if stretch[-1][0] - stretch[0][0] <= 60 and net <= terms.tolerance * moved:
                inside |= set(range(first, last + 1))
    if not ordered:
        return
    total = sum(abs(tokens) for _, _, tokens in ordered)
    covered = sum(abs(ordered[place][2]) for place in inside)
    found = one(swaps(*(("w", minute, tokens) for minute, tokens in steps)))
    assert found["share"] == pytest.approx(covered / total)
