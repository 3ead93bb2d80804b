"""How common each pattern and each of its levels is: shares of accounts, in ten-thousandths.

A mix file is TOML. What it does not name keeps the share that its class states:

    farm_volume_bps = 3300     # part of all notional that farms trade

    [share_bps]                # accounts per ten thousand
    A1 = 400
    household = 0

    [levels]                   # how the groups of a pattern are spread over its levels
    A2 = [1, 1, 4]
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

WHOLE: Final = 10_000
MOST_FARM_VOLUME: Final = 9_000
_KEYS: Final = ("farm_volume_bps", "share_bps", "levels")


@dataclass(frozen=True)
class Mix:
    """What differs from the shares that the patterns state themselves.

    Attributes:
        share_bps: Part of all accounts by pattern.
        levels: Weight of each level by pattern; by default all weigh the same.
        farm_volume_bps: Part of all notional that farms trade; the sizes of their trades are
            scaled to it once, when the season opens.
    """

    share_bps: Mapping[str, int] = field(default_factory=dict)
    levels: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    farm_volume_bps: int = 3_300


def parse_mix(text: str, levels: Mapping[str, int]) -> Mix:
    """Read a mix file.

    Args:
        text: TOML as in the module's description.
        levels: Number of levels by pattern: 0 for the innocent.

    Raises:
        ValueError: Names what is wrong, with the value and what is allowed.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"the mix file is no TOML: {error}") from error
    _check_names("key", document, _KEYS)
    volume = _whole("farm_volume_bps", document.get("farm_volume_bps", Mix().farm_volume_bps))
    if volume > MOST_FARM_VOLUME:
        raise ValueError(f"farm_volume_bps is {volume!r}; at most {MOST_FARM_VOLUME} is possible")
    shares = _table(document, "share_bps", levels)
    share_bps = {name: _whole(f"share_bps.{name}", value) for name, value in shares.items()}
    if sum(share_bps.values()) > WHOLE:
        raise ValueError(
            f"the shares of the mix add up to {sum(share_bps.values())} of {WHOLE}; "
            "the rest is honest, so they must leave some"
        )
    weights = {
        name: _weights(name, value, levels[name])
        for name, value in _table(document, "levels", levels).items()
    }
    return Mix(share_bps, weights, volume)


def _table(document: Mapping[str, Any], key: str, known: Mapping[str, int]) -> Mapping[str, Any]:
    table = document.get(key, {})
    if not isinstance(table, dict):
        raise ValueError(  # noqa: TRY004 -- it is the file's value that is wrong
            f"{key} of the mix is {table!r}; it must be a table, [{key}]"
        )
    _check_names(f"pattern in [{key}]", table, tuple(known))
    return table


def _check_names(what: str, given: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for name in given:
        if name not in known:
            raise ValueError(f"unknown {what} of the mix: {name!r}; known are {', '.join(known)}")


def _whole(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= WHOLE:
        raise ValueError(f"{name} is {value!r}; it must be a whole number from 0 to {WHOLE}")
    return value


def _weights(name: str, value: object, count: int) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) != count or count == 0:
        raise ValueError(f"levels.{name} is {value!r}; it must be a list of {count} whole numbers")
    weights = tuple(_whole(f"levels.{name}", weight) for weight in value)
    if not any(weights):
        raise ValueError(f"levels.{name} is {value!r}; one level at least must have a weight")
    return weights
