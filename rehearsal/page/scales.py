"""Where a value stands on an axis: in percent of its width, so that plots fit any screen."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from rehearsal.wording import round_number

_LEFT: Final = 7.0  # of a logarithmic axis; what is zero stands before it
_RIGHT: Final = 88.0  # what has no end stands behind it


@dataclass(frozen=True)
class Tick:
    """A place on an axis and what stands there."""

    at: float
    label: str


@dataclass(frozen=True)
class Scale:
    """An axis.

    Attributes:
        place: From a value to percent of the axis' width; None is what has no end.
        ticks: From left to right.
    """

    place: Callable[[float | None], float]
    ticks: tuple[Tick, ...]


def shares(highest: float) -> Scale:
    """Return an axis of shares from 0 that shows small ones well: by their square root."""
    top = next((end for end in (0.02, 0.05, 0.1, 0.25, 0.5) if highest <= end), 1.0)

    def place(share: float | None) -> float:
        return 100 * math.sqrt(min(share or 0.0, top) / top)

    small = (0.05,) if top < 0.5 else ()  # further up its label would run into the next
    shown = sorted({share for share in (0.0, 0.01, *small, 0.1, 0.25, 0.5, top) if share <= top})
    return Scale(place, tuple(Tick(place(share), f"{100 * share:g} %") for share in shown))


def parts() -> Scale:
    """Return an axis of shares from 0 to 100 %, evenly."""

    def place(share: float | None) -> float:
        return 100 * (share or 0.0)

    return Scale(place, tuple(Tick(place(n / 4), f"{25 * n} %") for n in range(5)))


def weeks(number: int) -> Scale:
    """Return an axis of so many weeks, each in the middle of its own room."""

    def place(week: float | None) -> float:
        return 100 * ((week or 1) - 0.5) / number

    return Scale(place, tuple(Tick(place(week), str(week)) for week in range(1, number + 1)))


def factors(values: Iterable[float]) -> Scale:
    """Return an even axis of factors from 0 that has 1 on it."""
    top = round_up(max((1.0, *values)))

    def place(factor: float | None) -> float:
        return 100 * min(factor or 0.0, top) / top

    step = 0.25 if top <= 1.5 else 0.5 if top <= 3 else top / 5
    count = round(top / step)
    return Scale(place, tuple(Tick(place(n * step), f"{n * step:g} ×") for n in range(count + 1)))


def powers(values: Iterable[float], *, open_end: bool) -> Scale:
    """Return a logarithmic axis with room for nothing before it, and for what has no end behind.

    Args:
        values: All that is to be shown; those that are not positive stand before the axis.
        open_end: Whether anything has no end.
    """
    there = [math.log10(value) for value in values if value > 0] or [0.0]
    first = math.floor(min(there))
    last = max(math.ceil(max(there)), first + 1)

    def place(value: float | None) -> float:
        if value is None:
            return 100.0
        if value <= 0:
            return 0.0
        return _LEFT + (_RIGHT - _LEFT) * (math.log10(value) - first) / (last - first)

    stride = max(1, (last - first) // 4)
    decades = tuple(
        Tick(place(10.0**n), round_number(10.0**n)) for n in range(first, last + 1, stride)
    )
    end = (Tick(100.0, "no cost"),) if open_end else ()
    return Scale(place, (Tick(0.0, "0"), *decades, *end))


def round_up(value: float) -> float:
    """Return the next number of one digit of 1, 1.5, 2, 3, 5 that is at least as large."""
    if value <= 0:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(value))
    steps = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
    return next(step * power for step in steps if value <= step * power * (1 + 1e-9))
