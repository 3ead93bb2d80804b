"""Accounts that start together: the same hour, the same volume, too many of them for chance.

One operator who runs a script over many accounts leaves a mark that needs no transfer between them.
How many accounts may share an hour and a volume by chance follows from how many started in that
hour and how many have that volume at all, so the measure needs no label and no threshold of its
own: an account counts as synchronous once fewer than one such account is expected by chance among
all of them. A common size or a busy day is common for everybody and surprises nobody.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.spatial import cKDTree
from scipy.special import pdtrc

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_LEAST_PROBABILITY = 1e-300  # the logarithm of less is not finite


@dataclass(frozen=True)
class Window:
    """How near two accounts must be to count as started together.

    Attributes:
        seconds: Most seconds between their first activities.
        log_volume: Most difference of the natural logarithms of their volumes: 0.01 is 1 %.
    """

    seconds: float
    log_volume: float


@dataclass(frozen=True)
class Synchrony:
    """Who started together with whom.

    Attributes:
        pairs: Two columns of account numbers, the smaller first, sorted: every pair in the window.
        partners: Of every account, how many others are in its window.
        surprise: Of every account, -log10 of the probability of so many partners by chance.
    """

    pairs: Ints
    partners: Ints
    surprise: Floats

    @property
    def synchronous(self) -> Flags:
        """Accounts whose partners are so many that chance would give fewer than one account."""
        return np.asarray(self.surprise > np.log10(max(len(self.surprise), 1)))


def find_synchrony(first_seen: Floats, log_volume: Floats, window: Window) -> Synchrony:
    """Count each account's partners in the window and say how surprising they are.

    Were time and volume independent, an account with `t` others in its time and `v` others with its
    volume would have Poisson(t·v/n) partners. One is added to both, so that an hour or a volume
    that nobody else has doesn't make a single partner a wonder.

    Args:
        first_seen: Unix seconds of each account's first activity.
        log_volume: Natural logarithm of its volume.
        window: How near is together.
    """
    places = np.column_stack([first_seen / window.seconds, log_volume / window.log_volume])
    if len(places) == 0:
        return Synchrony(np.zeros((0, 2), np.int64), np.zeros(0, np.int64), np.zeros(0))
    found = cKDTree(places).query_pairs(1.0, p=np.inf, output_type="ndarray").astype(np.int64)
    pairs = found[np.lexsort((found[:, 1], found[:, 0]))]
    partners = np.bincount(pairs.ravel(), minlength=len(places)).astype(np.int64)
    expected = chance(first_seen, log_volume, window) * len(places)
    return Synchrony(pairs, partners, surprise(partners, expected))


def linked_surprise(
    links: csr_array, first_seen: Floats, log_volume: Floats, window: Window
) -> Floats:
    """Say how surprising it is how many of an account's neighbours started together with it.

    Args:
        links: Pattern of neighbours, accounts by accounts, without a diagonal.
        first_seen: As in `find_synchrony`.
        log_volume: As there.
        window: How near is together.
    """
    cells = coo_array(links)
    near = np.abs(first_seen[cells.row] - first_seen[cells.col]) <= window.seconds
    near &= np.abs(log_volume[cells.row] - log_volume[cells.col]) <= window.log_volume
    found = np.bincount(cells.row[near], minlength=links.shape[0]).astype(np.int64)
    neighbours = np.bincount(cells.row, minlength=links.shape[0])
    return surprise(found, neighbours * chance(first_seen, log_volume, window))


def pair_links(pairs: Ints, accounts: int) -> csr_array:
    """Return pairs of accounts as a symmetric pattern."""
    left, right = pairs.T
    ends = (np.append(left, right), np.append(right, left))
    return csr_array(coo_array((np.ones(2 * len(pairs)), ends), shape=(accounts, accounts)))


def chance(first_seen: Floats, log_volume: Floats, window: Window) -> Floats:
    """Return, of each account, the probability that another one is in its window by chance."""
    accounts = max(len(first_seen), 1)
    together = within(first_seen, window.seconds) + 1.0
    alike = within(log_volume, window.log_volume) + 1.0
    return np.asarray(together / accounts * alike / accounts)


def within(values: Floats, reach: float) -> Ints:
    """Return, of each value, how many others are at most `reach` away."""
    ordered = np.sort(values)
    last = np.searchsorted(ordered, values + reach, side="right")
    first = np.searchsorted(ordered, values - reach, side="left")
    return np.asarray(last - first - 1, dtype=np.int64)


def surprise(found: Ints, expected: Floats) -> Floats:
    """Return -log10 of the Poisson probability of at least `found` where `expected` are expected.

    Nothing found is no surprise, whatever was expected.
    """
    tail = pdtrc(np.maximum(found - 1, 0), np.maximum(expected, 1e-12))
    bits = -np.log10(np.maximum(tail, _LEAST_PROBABILITY))
    return np.where(found > 0, np.maximum(bits, 0.0), 0.0)
