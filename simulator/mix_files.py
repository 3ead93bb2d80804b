"""Mix files: read against the patterns that there are, and written with what these state."""

from collections.abc import Iterator

from simulator.mix import Mix, parse_mix
from simulator.people import PATTERNS

HEAD = """\
# How common each pattern of a synthetic season is. What a mix file leaves out keeps these shares.

# Part of all notional that farms trade, in ten-thousandths: the sizes of their trades follow it.
farm_volume_bps = {volume}

# Accounts per ten thousand; the rest is honest and shares nothing but hubs.
[share_bps]
"""
LEVELS = """
# How the groups of a pattern are spread over its levels of evasion, the easiest first.
[levels]
"""


def read_mix(text: str) -> Mix:
    """Read a mix file.

    Raises:
        ValueError: Names what is wrong, with the value and what is allowed.
    """
    return parse_mix(text, {pattern.name: len(pattern.levels) for pattern in PATTERNS})


def default_mix_text() -> str:
    """Return the mix file that changes nothing, with a word on each line."""
    return "".join((HEAD.format(volume=Mix().farm_volume_bps), *_shares(), LEVELS, *_levels()))


def _shares() -> Iterator[str]:
    for pattern in PATTERNS:
        meaning = " ".join((pattern.__doc__ or "").strip().split("\n\n")[0].split())
        yield f"{pattern.name} = {pattern.share_bps}  # {meaning}\n"


def _levels() -> Iterator[str]:
    for pattern in PATTERNS:
        if pattern.levels:
            weights = ", ".join("1" for _ in pattern.levels)
            yield f"{pattern.name} = [{weights}]  # {'; '.join(pattern.levels)}\n"
