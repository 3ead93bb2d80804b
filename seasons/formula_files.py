"""The text of a formula: TOML that people write, and the document that is sealed.

    [[pool]]
    name = "perpetuals"
    share_bps = 4500                                     # all pools add up to 10,000
    measure = "perp_notional_usd"                        # one of seasons.activity.MEASURES
    curve = { kind = "power", tenths = 9 }               # x^0.9; 1 to 9 tenths
    # curve = { kind = "linear" } or { kind = "log" }
    # curve = { kind = "tiers", tiers = [["0", "1"], ["1000", "0.5"]] }   # [from, rate], marginal;
    #                                                    # the kind may be left out
    minimum = "100"                                      # in the measure's unit
    cap_bps = 200                                        # of the pool, for one owner
    boosts = { maker_bps = 12000, market = { "SOL-PERP" = 11000 }, tier = { Gold = 10500 } }

Amounts are decimal strings, since a number in TOML would be a float. Messages of this module show
what is in the file: they are for the operator who holds it, and are never logged.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from seasons.activity import MEASURE_BY_NAME
from seasons.formulas import BPS, REFERRED_POINTS, Boosts, Curve, CurveKind, Formula, Pool
from seasons.terms import TierName
from warehouse.declarations import Declaration, with_tuples
from warehouse.errors import FormulaError

MILLION: Final = 1_000_000
_DECIMAL: Final = re.compile(r"(\d{1,18})(?:\.(\d{1,6}))?", re.ASCII)
_OWN_WORDS: Final[Mapping[str, str]] = {
    "string_pattern_mismatch": "must be up to 40 lower case letters, digits, '-' or '_'",
    "model_type": "must be a table in braces",
    "tuple_type": "must be an array in brackets",
}


def _from_decimal(value: object) -> int:
    """Return the millionths of a decimal string."""
    match = _DECIMAL.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(
            'must be a decimal string like "100" or "0.5", not negative, '
            "with at most 18 digits before and 6 behind the point"
        )
    return int(match[1]) * MILLION + int((match[2] or "").ljust(6, "0"))


def _from_number(value: object) -> int:
    """Return the millionths of a decimal string or a whole number."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return _from_decimal(str(value) if is_whole else value)


def _known_measure(value: object) -> object:
    if value not in MEASURE_BY_NAME:
        near = get_close_matches(str(value), MEASURE_BY_NAME, n=1)
        advice = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(MEASURE_BY_NAME)}"
        raise ValueError(f"there is no such measure; {advice}")
    return value


Millionths = Annotated[int, BeforeValidator(_from_decimal)]
Number = Annotated[int, BeforeValidator(_from_number)]
Boost = Annotated[int, Field(ge=1, le=100_000)]
MarketName = Annotated[str, Field(min_length=1, max_length=128)]
PoolName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
MeasureName = Annotated[str, BeforeValidator(_known_measure)]


class CurveTable(Declaration):
    """The key `curve` of a pool."""

    kind: Literal["linear", "power", "log", "tiers"]
    tenths: Annotated[int, Field(ge=1, le=9)] | None = None
    tiers: tuple[tuple[Number, Number], ...] | None = None

    @model_validator(mode="before")
    @classmethod
    def _kind_of_tiers(cls, given: object) -> object:
        """Whoever writes tiers has named the kind."""
        if isinstance(given, dict) and "tiers" in given and "kind" not in given:
            return {"kind": "tiers", **given}
        return given

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_belongs("tenths", self.tenths, self.kind, "power")
        _check_belongs("tiers", self.tiers, self.kind, "tiers")
        if self.tiers is not None:
            starts = [start for start, _ in self.tiers]
            if starts[:1] != [0] or starts != sorted(set(starts)):
                raise ValueError("tiers must start from 0 and rise, as in [[0, 1], [1000, 0.5]]")
            if not any(rate for _, rate in self.tiers):
                raise ValueError("tiers need a rate above 0, or nobody earns")
        return self

    def build(self) -> Curve:
        """Return the curve."""
        return Curve(CurveKind(self.kind), self.tenths or 10, self.tiers or ())


class BoostsTable(Declaration):
    """The key `boosts` of a pool."""

    maker_bps: Boost = BPS
    market: dict[MarketName, Boost] = Field(default_factory=dict)
    tier: dict[TierName, Boost] = Field(default_factory=dict)

    def build(self) -> Boosts:
        """Return the boosts."""
        return Boosts(
            self.maker_bps,
            dict(self.market),
            {str(tier): boost for tier, boost in self.tier.items()},
        )


class PoolTable(Declaration):
    """One table `[[pool]]`."""

    name: PoolName
    share_bps: Annotated[int, Field(ge=1, le=BPS)]
    measure: MeasureName
    curve: CurveTable
    minimum: Millionths = 0
    cap_bps: Annotated[int, Field(ge=1, le=BPS)] | None = None
    boosts: BoostsTable = BoostsTable()

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_boosts_apply(
            self.measure,
            by_market=bool(self.boosts.market) or self.boosts.maker_bps != BPS,
            by_tier=bool(self.boosts.tier),
        )
        return self

    def build(self) -> Pool:
        """Return the pool."""
        return Pool(
            name=self.name,
            share_bps=self.share_bps,
            measure=self.measure,
            curve=self.curve.build(),
            minimum_millionths=self.minimum,
            cap_bps=self.cap_bps,
            boosts=self.boosts.build(),
        )


class FormulaTable(Declaration):
    """A whole formula file."""

    pool: tuple[PoolTable, ...]


_TABLES: Final[Mapping[str, type[Declaration]]] = {
    "": FormulaTable,
    "pool": PoolTable,
    "curve": CurveTable,
    "boosts": BoostsTable,
}


def parse_formula(text: str) -> Formula:
    """Read a formula from TOML.

    Raises:
        FormulaError: Names every pool and key that is wrong, with the value and what is allowed.
    """
    return read_document(parse_toml(text, "formula"))


def parse_toml(text: str, what: str) -> dict[str, Any]:
    """Return the document of a TOML text.

    Raises:
        FormulaError: It is not TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FormulaError(f"the {what} file is not TOML: {error}") from error
    except RecursionError as error:
        raise FormulaError(f"the {what} file is nested too deeply") from error


def read_document(document: Mapping[str, Any]) -> Formula:
    """Return the formula of a document such as `write_document` makes.

    Raises:
        FormulaError: As in `parse_formula`.
    """
    try:
        table = FormulaTable.model_validate(with_tuples(document))
    except ValidationError as error:
        raise FormulaError(explain(error, document, _TABLES, "formula")) from error
    pools = tuple(pool.build() for pool in table.pool)
    check_pools([(pool.name, pool.measure) for pool in pools])
    total = sum(pool.share_bps for pool in pools)
    if total != BPS:
        raise FormulaError(f"the shares of the pools add up to {total:,}, not to {BPS:,} bps")
    return Formula(pools)


def write_document(formula: Formula) -> dict[str, Any]:
    """Return the document of a formula: the keys of the file, amounts in shortest form.

    Every key is there, defaults too, so that one formula has one document.
    """
    return {"pool": [_pool_document(pool) for pool in formula.pools]}


def check_boosts_apply(measure: str, *, by_market: bool, by_tier: bool) -> None:
    """Check that a pool's boosts have a meaning for its measure.

    Raises:
        ValueError: They have none.
    """
    if by_market and not MEASURE_BY_NAME[measure].by_market:
        raise ValueError(
            f"boosts by market or maker mean nothing for {measure!r}, "
            "which is no sum over markets; boost it by tier or not at all"
        )
    if by_tier and measure == REFERRED_POINTS:
        raise ValueError("the referral pool cannot be boosted: it pays on points as they are")


def check_pools(pools: Sequence[tuple[str, str]]) -> None:
    """Check what holds between the (name, measure) of pools.

    Raises:
        FormulaError: A name comes twice, or the referral pool comes twice or alone.
    """
    doubled = [name for name, count in Counter(name for name, _ in pools).items() if count > 1]
    if doubled:
        raise FormulaError(f"pool names must be unique; more than one is called {doubled[0]!r}")
    referral = [name for name, measure in pools if measure == REFERRED_POINTS]
    if len(referral) > 1:
        raise FormulaError(
            f"only one pool may pay on {REFERRED_POINTS!r}, for the others are split before it; "
            f"here {', '.join(map(repr, referral))} do"
        )
    if len(referral) == len(pools):
        raise FormulaError(f"a formula needs a pool that does not pay on {REFERRED_POINTS!r}")


def decimal_text(millionths: int) -> str:
    """Return the shortest decimal text of millionths: '100', '0.5'."""
    whole, rest = divmod(millionths, MILLION)
    return f"{whole}.{rest:06d}".rstrip("0") if rest else str(whole)


def explain(
    error: ValidationError,
    document: Mapping[str, Any],
    tables: Mapping[str, type[Declaration]],
    what: str,
) -> str:
    """Return one message for everything that is wrong in a file, pool by pool."""
    wrong = (_explain_one(dict(item), document, tables) for item in error.errors())
    return f"the {what} file is wrong: " + "; ".join(wrong)


def _explain_one(
    item: Mapping[str, Any], document: Mapping[str, Any], tables: Mapping[str, type[Declaration]]
) -> str:
    place = tuple(item["loc"])
    keys = [str(part) for part in place if isinstance(part, str)]
    where = _pool_called(document, place)
    inside = ".".join(keys[1:] if where else keys)
    prefix = f"{where}: " if where else ""
    if item["type"] == "extra_forbidden":
        known = list(tables[keys[-2] if len(keys) > 1 else ""].model_fields)
        near = get_close_matches(keys[-1], known, n=1)
        advice = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
        return f"{prefix}there is no key {inside!r}; {advice}"
    if item["type"] == "missing":
        return f"{prefix}{inside} is missing{_what_is_missing(place)}"
    message = str(item["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    message = _OWN_WORDS.get(item["type"], message)
    value = "" if isinstance(item["input"], dict) else f" is {item['input']!r}, and"
    return prefix + f"{inside}{value} {message}".strip()


def _what_is_missing(place: Sequence[object]) -> str:
    if place[-2:] == ("curve", "kind"):
        return f"; it may be {', '.join(repr(kind.value) for kind in CurveKind)}"
    return " a part" if isinstance(place[-1], int) else ""


def _pool_called(document: Mapping[str, Any], place: Sequence[object]) -> str:
    """Return how people call the pool that an error lies in, or '' outside of pools."""
    if len(place) < 2 or place[0] != "pool" or not isinstance(place[1], int):
        return ""
    pool = document["pool"][place[1]]
    name = pool.get("name") if isinstance(pool, dict) else None
    return f"pool {name!r}" if isinstance(name, str) else f"pool number {place[1] + 1}"


def _check_belongs(key: str, value: object, kind: str, home: str) -> None:
    if kind == home and value is None:
        raise ValueError(f"a {kind!r} curve needs {key}")
    if kind != home and value is not None:
        raise ValueError(f"{key} belongs to a {home!r} curve, not to a {kind!r} one")


def _pool_document(pool: Pool) -> dict[str, Any]:
    return {
        "name": pool.name,
        "share_bps": pool.share_bps,
        "measure": pool.measure,
        "curve": _curve_document(pool.curve),
        "minimum": decimal_text(pool.minimum_millionths),
        "cap_bps": pool.cap_bps,
        "boosts": {
            "maker_bps": pool.boosts.maker_bps,
            "market": dict(pool.boosts.market),
            "tier": dict(pool.boosts.tier),
        },
    }


def _curve_document(curve: Curve) -> dict[str, Any]:
    document: dict[str, Any] = {"kind": curve.kind.value}
    if curve.kind is CurveKind.POWER:
        document["tenths"] = curve.tenths
    if curve.kind is CurveKind.TIERS:
        document["tiers"] = [
            [decimal_text(start), decimal_text(rate)] for start, rate in curve.tiers
        ]
    return document
