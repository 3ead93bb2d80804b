"""Draws a week's formula from a declared family by a keyed generator, so that anyone can redo it.

A family file looks like a formula file, with ranges and choices where a formula has one value:

    [[pool]]
    name = "perpetuals"
    share_bps = [3000, 5000]                             # from, to; 0 lets the pool be left out
    measure = "perp_notional_usd"
    curve = [{ kind = "linear" }, { kind = "power", tenths = 9 }]          # one of these
    minimum = ["50", "100"]                              # one of these
    cap_bps = [100, 300]
    boosts = { maker_bps = [10000, 13000], market = { "SOL-PERP" = [10000, 12000] } }

The exact rule, which needs HMAC-SHA256 and nothing of ours:

1. seed = HMAC-SHA256(season key, week label in ASCII, as in "S1W05"); a reveal gives out the seed.
2. The n-th number, n from 0: HMAC-SHA256(seed, n as 8 bytes big-endian) as a 256-bit big-endian
   integer r. A number from low to high is low + r mod span, span = high - low + 1; an r at or above
   the largest multiple of span within 2^256 is thrown away and the next one taken. Where low equals
   high, nothing is drawn.
3. The order in which shares are drawn is a shuffle of the pools: for i from the last index down to
   1, swap place i with a number from 0 to i.
4. In that order each share is a number from max(from, 10,000 - what the pools after it can take at
   most) to min(to, 10,000 - what they take at least). A pool that draws 0 is left out.
5. Then, pool by pool in the order of the file: the index of the curve, the index of the minimum,
   cap, maker boost, market boosts by name, tier boosts by name (code point order).

What it proves: that the formula lies in the declared family, and follows from the seed. That the
operator has not tried many seeds shows only when the season key itself is given out.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from seasons.formula_files import (
    Boost,
    CurveTable,
    MarketName,
    MeasureName,
    Millionths,
    PoolName,
    check_boosts_apply,
    check_pools,
    explain,
    parse_toml,
)
from seasons.formulas import BPS, REFERRED_POINTS, Boosts, Formula, Pool
from seasons.terms import TierName
from warehouse.declarations import Declaration, with_tuples
from warehouse.errors import FormulaError

Choice = TypeVar("Choice")
_BLOCK: Final = 2**256


def _as_pair(value: object) -> object:
    return (value, value) if isinstance(value, int) else value


def _as_choices(value: object) -> object:
    return value if isinstance(value, tuple) else (value,)


def _check_some(choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    if not choices:
        raise ValueError("must offer at least one choice")
    return choices


def _check_rises(pair: tuple[int, int]) -> tuple[int, int]:
    if pair[0] > pair[1]:
        raise ValueError("must be [from, to] with from not above to")
    return pair


ShareRange = Annotated[
    tuple[Annotated[int, Field(ge=0, le=BPS)], Annotated[int, Field(ge=1, le=BPS)]],
    BeforeValidator(_as_pair),
    AfterValidator(_check_rises),
]
CapRange = Annotated[
    tuple[Annotated[int, Field(ge=1, le=BPS)], Annotated[int, Field(ge=1, le=BPS)]],
    BeforeValidator(_as_pair),
    AfterValidator(_check_rises),
]
BoostRange = Annotated[tuple[Boost, Boost], BeforeValidator(_as_pair), AfterValidator(_check_rises)]


class BoostRanges(Declaration):
    """The key `boosts` of a family's pool."""

    maker_bps: BoostRange = (BPS, BPS)
    market: dict[MarketName, BoostRange] = Field(default_factory=dict)
    tier: dict[TierName, BoostRange] = Field(default_factory=dict)


class PoolRanges(Declaration):
    """One table `[[pool]]` of a family."""

    name: PoolName
    share_bps: ShareRange
    measure: MeasureName
    curve: Annotated[
        tuple[CurveTable, ...], BeforeValidator(_as_choices), AfterValidator(_check_some)
    ]
    minimum: Annotated[
        tuple[Millionths, ...], BeforeValidator(_as_choices), AfterValidator(_check_some)
    ] = (0,)
    cap_bps: CapRange | None = None
    boosts: BoostRanges = BoostRanges()

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_boosts_apply(
            self.measure,
            by_market=bool(self.boosts.market) or self.boosts.maker_bps != (BPS, BPS),
            by_tier=bool(self.boosts.tier),
        )
        return self


class Family(Declaration):
    """A whole family file: the ranges from which formulas are drawn."""

    pool: tuple[PoolRanges, ...]


_TABLES: Final[Mapping[str, type[Declaration]]] = {
    "": Family,
    "pool": PoolRanges,
    "curve": CurveTable,
    "boosts": BoostRanges,
}


def parse_family(text: str) -> Family:
    """Read a family from TOML.

    Raises:
        FormulaError: Names every pool and key that is wrong, with the value and what is allowed, or
            says why no formula can be drawn.
    """
    document = parse_toml(text, "family")
    try:
        family = Family.model_validate(with_tuples(document))
    except ValidationError as error:
        raise FormulaError(explain(error, document, _TABLES, "family")) from error
    check_pools([(pool.name, pool.measure) for pool in family.pool])
    least = sum(pool.share_bps[0] for pool in family.pool)
    most = sum(pool.share_bps[1] for pool in family.pool)
    if not least <= BPS <= most:
        raise FormulaError(f"shares from {least:,} to {most:,} bps in all cannot add up to {BPS:,}")
    if not any(pool.share_bps[0] for pool in family.pool if pool.measure != REFERRED_POINTS):
        raise FormulaError(
            f"one pool that does not pay on {REFERRED_POINTS!r} must have a share from 1 bps up, "
            "or a draw could leave nobody to be paid"
        )
    return family


def week_seed(season_key: bytes, label: str) -> bytes:
    """Return the seed of a week: HMAC-SHA256(season key, label)."""
    return hmac.digest(season_key, label.encode("ascii"), hashlib.sha256)


def draw(family: Family, seed: bytes) -> Formula:
    """Return the formula that a seed draws from a family; the same on any machine."""
    numbers = Numbers(seed)
    shares = _draw_shares(family.pool, numbers)
    pools = tuple(
        _draw_pool(ranges, share, numbers)
        for ranges, share in zip(family.pool, shares, strict=True)
        if share
    )
    return Formula(pools)


class Numbers:
    """A stream of whole numbers that a seed determines; rule 2 above."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._taken = 0

    def between(self, low: int, high: int) -> int:
        """Return a number from `low` to `high`, each of them equally likely."""
        span = high - low + 1
        if span == 1:
            return low
        fair = _BLOCK - _BLOCK % span
        while (block := self._next_block()) >= fair:
            pass
        return low + block % span

    def one_of(self, choices: Sequence[Choice]) -> Choice:
        """Return one of the choices."""
        return choices[self.between(0, len(choices) - 1)]

    def _next_block(self) -> int:
        block = hmac.digest(self._seed, self._taken.to_bytes(8, "big"), hashlib.sha256)
        self._taken += 1
        return int.from_bytes(block, "big")


def _draw_shares(pools: Sequence[PoolRanges], numbers: Numbers) -> list[int]:
    order = list(range(len(pools)))
    for place in range(len(order) - 1, 0, -1):
        other = numbers.between(0, place)
        order[place], order[other] = order[other], order[place]
    shares, rest = [0] * len(pools), BPS
    for drawn, index in enumerate(order, start=1):
        later = [pools[other].share_bps for other in order[drawn:]]
        low, high = pools[index].share_bps
        shares[index] = numbers.between(
            max(low, rest - sum(most for _, most in later)),
            min(high, rest - sum(least for least, _ in later)),
        )
        rest -= shares[index]
    return shares


def _draw_pool(ranges: PoolRanges, share_bps: int, numbers: Numbers) -> Pool:
    curve = numbers.one_of(ranges.curve).build()
    minimum = numbers.one_of(ranges.minimum)
    cap_bps = None if ranges.cap_bps is None else numbers.between(*ranges.cap_bps)
    boosts = Boosts(
        maker_bps=numbers.between(*ranges.boosts.maker_bps),
        market=_draw_named(ranges.boosts.market, numbers),
        tier=_draw_named({str(k): pair for k, pair in ranges.boosts.tier.items()}, numbers),
    )
    return Pool(ranges.name, share_bps, ranges.measure, curve, minimum, cap_bps, boosts)


def _draw_named(ranges: Mapping[str, tuple[int, int]], numbers: Numbers) -> dict[str, int]:
    return {name: numbers.between(*ranges[name]) for name in sorted(ranges)}
