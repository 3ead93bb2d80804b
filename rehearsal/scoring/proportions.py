"""Parts of a whole, and how far a counted part may be from the truth."""

from dataclasses import dataclass

from scipy.stats import binomtest

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Proportion:
    """A part of things that were counted, with its interval.

    The interval is Wilson's for 95 % (E. B. Wilson, Journal of the American Statistical Association
    22, 1927, pages 209-212), as scipy computes it, without continuity correction. It takes the
    counted for independent. Accounts of one farm or one household are not, so the truth may lie
    further away than it says; where that matters groups are counted beside accounts.

    Attributes:
        part: How many.
        whole: Of how many.
        share: part / whole; None of nothing.
        low: Lower end of the interval.
        high: Upper end.
    """

    part: int
    whole: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Part:
    """A part of an amount, in the unit of the amount. It has no interval: nothing was drawn.

    Attributes:
        part: How much.
        whole: Of how much.
        share: part / whole; None of nothing.
    """

    part: int
    whole: int
    share: float | None


def proportion(part: int, whole: int) -> Proportion:
    """Return a counted part with its interval; of nothing there is none."""
    if not whole:
        return Proportion(part, whole, None, None, None)
    interval = binomtest(part, whole).proportion_ci(CONFIDENCE, method="wilson")
    return Proportion(part, whole, part / whole, float(interval.low), float(interval.high))


def part_of(part: int, whole: int) -> Part:
    """Return a part of an amount."""
    return Part(part, whole, ratio(part, whole))


def ratio(part: int, whole: int) -> float | None:
    """Divide for show; by nothing, or less, there is no ratio."""
    return part / whole if whole > 0 else None
