"""Reads the season files of a home, `seasons/S1.toml` and so on."""

from collections.abc import Sequence

from seasons.calendar import Calendar, check_disjoint
from seasons.terms import Terms, parse_terms
from warehouse.errors import SeasonError
from warehouse.home import Home


def load_seasons(home: Home) -> tuple[Terms, ...]:
    """Return the terms of every season of a home, in order of their opening.

    Raises:
        SeasonError: A file is wrong, its name is not its season's, two seasons overlap, or there is
            no season at all.
    """
    seasons = []
    for path in sorted(home.seasons.glob("*.toml")):
        try:
            terms = parse_terms(path.read_text(encoding="utf-8"))
        except (SeasonError, UnicodeDecodeError) as error:
            raise SeasonError(f"{path.name}: {error}") from error
        if path.name != f"S{terms.season}.toml":
            raise SeasonError(
                f"{path.name} holds season {terms.season}; name it S{terms.season}.toml"
            )
        seasons.append(terms)
    if not seasons:
        raise SeasonError(f"there is no season file in {str(home.seasons)!r}")
    check_disjoint(terms.calendar for terms in seasons)
    return tuple(sorted(seasons, key=lambda terms: terms.opens))


def calendars(seasons: Sequence[Terms]) -> tuple[Calendar, ...]:
    """Return the calendars of seasons, in the same order."""
    return tuple(terms.calendar for terms in seasons)


def season_terms(seasons: Sequence[Terms], number: int) -> Terms:
    """Return the terms of season `number`.

    Raises:
        SeasonError: This home has no such season.
    """
    for terms in seasons:
        if terms.season == number:
            return terms
    raise SeasonError(f"there is no season {number} in this home")
