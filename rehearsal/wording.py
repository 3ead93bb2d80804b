"""How a report is worded, alike in the terminal and on the page."""

from types import MappingProxyType
from typing import Final

from rehearsal.scoring.fairness import OPEN, OVER, UNDER
from rehearsal.scoring.proportions import Part, Proportion

NOTHING: Final = "–"
_MICRO: Final = 1_000_000
_LARGE: Final = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k"))

PATTERNS: Final = MappingProxyType(
    {
        "A1": "naive farm",
        "A2": "antidetect farm",
        "A3": "funding chains",
        "A4": "hedged pairs",
        "A5": "wash rings",
        "A6": "referral farm",
        "A7": "staggered replay",
        "A8": "bought accounts",
        "A9": "undeclared sub-accounts",
        "A10": "lending loops",
        "A11": "curve splitting",
        "A12": "poisoning",
        "A13": "late surge",
        "A14": "adaptive farm",
        "A15": "strangers with one playbook",
    }
)
LINES: Final = MappingProxyType({UNDER: "under", OVER: "over", OPEN: "open"})


def pattern_name(pattern: str) -> str:
    """Write a pattern with what it is, as in 'A1 naive farm'."""
    if not pattern:
        return "all farms"
    return f"{pattern} {PATTERNS[pattern]}" if pattern in PATTERNS else pattern


def cell_name(pattern: str, level: str) -> str:
    """Write a pattern and level in short, as in 'A1 L2'."""
    return f"{pattern} {level}".strip() or "all farms"


def class_name(name: str) -> str:
    """Write a class of innocents."""
    return name.replace("_", " ")


def percent(share: float | None) -> str:
    """Write a share, as in '37 %', '4.2 %' or '99.6 %'; what is there never shows as nothing."""
    return NOTHING if share is None else f"{_hundredths(share)} %"


def interval(counted: Proportion) -> str:
    """Write the ends of an interval in percent, as in '10–15'."""
    if counted.low is None or counted.high is None:
        return NOTHING
    return f"{_hundredths(counted.low)}–{_hundredths(counted.high)}"


def _hundredths(share: float) -> str:
    if 0 < share < 0.0005:
        return "< 0.1"
    if 0.9995 <= share < 1:
        return "> 99.9"
    exact = share in {0, 1} or 0.0995 <= share < 0.99
    return f"{100 * share:.0f}" if exact else f"{100 * share:.1f}"


def of(counted: Proportion | Part) -> str:
    """Write the counts, as in '3 of 40'."""
    return f"{counted.part:,} of {counted.whole:,}"


def out_of(counted: Proportion) -> str:
    """Write the counts in short, as in '3/40'."""
    return f"{counted.part:,}/{counted.whole:,}"


def short(number: float | None) -> str:
    """Write a number in three digits, as in '1.23 M', '45.6' or '0.0789'."""
    if number is None:
        return NOTHING
    for unit, letter in _LARGE:
        # What would be rounded up to a thousand is written in the next unit.
        if abs(number) >= 0.9995 * unit:
            return f"{_digits(number / unit)} {letter}"
    return _digits(number)


def round_number(number: float) -> str:
    """Write a round number as it stands on an axis, as in '0.1', '50' or '1.5 M'."""
    unit, letter = next(((unit, letter) for unit, letter in _LARGE if number >= unit), (1, ""))
    return f"{number / unit:g} {letter}".rstrip()


def short_points(micropoints: int) -> str:
    """Write micropoints as points in three digits."""
    return short(micropoints / _MICRO)


def rate(number: float | None, *, there: bool) -> str:
    """Write points per USD; who is there and has no rate paid nothing net."""
    if number is None:
        return "no cost" if there else NOTHING
    return short(number)


def size_name(fewest: int, most: int | None) -> str:
    """Write a range of numbers of accounts, as in '5–9'."""
    if most is None:
        return f"{fewest} and more"
    return str(fewest) if fewest == most else f"{fewest}–{most}"


def times(number: float | None) -> str:
    """Write a factor, as in '1.25 ×'."""
    return NOTHING if number is None else f"{number:.2f} ×"


def _digits(number: float) -> str:
    if number == 0:
        return "0"
    places = 2 if abs(number) < 9.995 else 1 if abs(number) < 99.95 else 0
    return f"{number:.{places}f}" if abs(number) >= 0.995 else f"{number:.3g}"
