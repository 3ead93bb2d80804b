"""Reads what a person declares in TOML, a season's terms say, into a strictly checked model."""

import tomllib
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from warehouse.errors import WinnowError


class Declaration(BaseModel):
    """A table of a declared file: no unknown keys, no coercion, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Declared = TypeVar("Declared", bound=Declaration)


def read_declaration(
    text: str, model: type[Declared], *, name: str, refusal: type[WinnowError]
) -> Declared:
    """Read a declaration from TOML; what the text does not name keeps its default.

    Args:
        text: The file's text.
        model: What it has to hold.
        name: How the file is called in a refusal, as in "the season file".
        refusal: The error that is raised.

    Raises:
        WinnowError: As `refusal`; names every key that is wrong, the value and what is allowed.
    """
    try:
        return model.model_validate(with_tuples(tomllib.loads(text)))
    except tomllib.TOMLDecodeError as error:
        raise refusal(f"{name} is not TOML: {error}") from error
    except RecursionError as error:
        raise refusal(f"{name} is nested too deeply") from error
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, item['loc']))} is {item['input']!r}: {_uncapitalised(item['msg'])}"
            for item in error.errors()
        )
        raise refusal(f"{name} is wrong: {wrong}") from error


def _uncapitalised(message: str) -> str:
    """Return a message that begins small; what it quotes, a pattern or a name, stays as it is."""
    return message[:1].lower() + message[1:]


def with_tuples(value: object) -> object:
    """Return a document with tuples for its arrays, as frozen and strict models want them."""
    if isinstance(value, dict):
        return {key: with_tuples(item) for key, item in value.items()}
    if isinstance(value, list):
        return tuple(with_tuples(item) for item in value)
    return value
