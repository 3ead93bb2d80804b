"""Seeded draws that come out the same to the bit on every machine.

Only integers and the five operations that IEEE 754 fixes to the last bit (+ - × ÷ √) are used:
no exp, log or pow, whose last digit depends on the processor and its libraries.
"""

from typing import Final, TypeAlias
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]
Texts: TypeAlias = NDArray[np.object_]
STEP: Final = 0x9E3779B97F4A7C15  # of splitmix64, as are the shifts and factors of `_mixed`


class Draws:
    """One stream of draws; a theme has its own, so that one theme never moves another."""

    def __init__(self, seed: int, theme: str) -> None:
        sequence = np.random.SeedSequence([seed, crc32(theme.encode())])
        self._generator = np.random.Generator(np.random.PCG64(sequence))

    def unit(self, count: int) -> Floats:
        """Return uniform draws from [0, 1)."""
        return self._generator.random(count)

    def whole(self, low: int, high: int, count: int) -> Ints:
        """Return whole numbers from [low, high)."""
        return self._generator.integers(low, high, count, dtype=np.int64)

    def chance(self, bps: int, count: int) -> Bools:
        """Return True for `bps` of ten thousand."""
        return self.whole(0, 10_000, count) < bps

    def bell(self, count: int) -> Floats:
        """Return draws from a bell over (-2, 2): the sum of four uniform ones."""
        first, second, third, fourth = self.unit(4 * count).reshape(4, count)
        return first + second + third + fourth - 2.0

    def heavy(self, count: int, most: float) -> Floats:
        """Return Pareto draws from [1, most], tail exponent 2 (a finite mean, a wild variance)."""
        return np.minimum(np.sqrt(1.0 / (1.0 - self.unit(count))), most)

    def heavier(self, count: int, most: float) -> Floats:
        """Return Pareto draws from [1, most], tail exponent 4/3."""
        inverse = 1.0 / (1.0 - self.unit(count))
        return np.minimum(np.sqrt(inverse * np.sqrt(inverse)), most)

    def weighted(self, weights: Ints, count: int) -> Ints:
        """Return positions in `weights`, each in proportion to its weight."""
        edges = np.cumsum(weights)
        return np.searchsorted(edges, self.whole(0, int(edges[-1]), count), side="right")

    def shuffled(self, count: int) -> Ints:
        """Return the numbers below `count` in a random order."""
        return self._generator.permutation(count)

    def tokens(self, count: int, prefix: str, digits: int = 16) -> Texts:
        """Return `count` random names: the prefix and so many hexadecimal digits."""
        text = self._generator.bytes(count * digits // 2).hex()
        names = [prefix + text[at : at + digits] for at in range(0, count * digits, digits)]
        return np.array(names, dtype=object)

    def group_sizes(self, total: int, fewest: int, most: int) -> Ints:
        """Return heavy-tailed sizes from `fewest` to `most` that add up to `total`.

        No group takes more than a third, so that a season has several of each kind. What is left
        over goes to the last group; only a total below `fewest` makes a smaller one.
        """
        most = max(fewest, min(most, total // 3))
        sizes = (fewest * self.heavier(total // fewest + 1, most / fewest)).astype(np.int64)
        cut = np.diff(np.minimum(np.cumsum(sizes), total), prepend=0)
        cut = cut[cut > 0]
        if len(cut) > 1 and cut[-1] < fewest:
            cut[-2] += cut[-1]
            cut = cut[:-1]
        return cut


class RowDraws(Draws):
    """Draws of which each belongs to a row by its keys.

    What a row draws never depends on which other rows there are, so that what one account does
    moves nothing of what happens to others. Every call asks for one draw a row.
    """

    def __init__(self, seed: int, theme: str, *keys: Ints) -> None:
        super().__init__(seed, theme)
        state = np.full(len(keys[0]), self._generator.integers(0, 1 << 63), dtype=np.uint64)
        for key in keys:
            state = _mixed(state ^ key.astype(np.uint64))
        self._state = state

    def unit(self, count: int) -> Floats:
        """Return uniform draws from [0, 1)."""
        if count != len(self._state):
            raise ValueError(f"{count!r} draws were asked of {len(self._state)} rows")
        self._state = self._state + np.uint64(STEP)
        draws: Floats = (_mixed(self._state) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return draws

    def whole(self, low: int, high: int, count: int) -> Ints:
        """Return whole numbers from [low, high), which lie less than 2⁵³ apart."""
        return low + (self.unit(count) * (high - low)).astype(np.int64)


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scatter 64 bits: the finalizer of splitmix64 (Steele, Lea, Flood 2014)."""
    state = (state ^ state >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ state >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return state ^ state >> np.uint64(31)
