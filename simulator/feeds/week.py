"""A week as it happened, from which the rows of every kind follow."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from simulator.draws import Draws, Ints
from simulator.identifiers import numbered
from simulator.money import Purses
from simulator.patterns import Planted
from simulator.population import Site
from simulator.season import Span
from simulator.tape import Tape, Trading


@dataclass(frozen=True)
class Week:
    """What happened in a week.

    Attributes:
        site: What everybody draws from.
        trading: The exchange, with the season's plan.
        span: Which week.
        people: Everybody, as they are this week.
        planted: Events of the whole season that patterns added.
        transfers: `PLANTED_TRANSFERS` of the week: all money that moved.
        purses: What everybody had in its course.
        tape: What was traded.
        equity: What every account has, micro-USD: at each midnight of the week and at its end.
        stated: What it was last stated to have before the week.
        restated: Series (account and market) that traded in the last hour of the week before and
            are stated at this week's first instant.
        counts: Rows so far by prefix of their ids.
    """

    site: Site
    trading: Trading
    span: Span
    people: pl.DataFrame
    planted: Planted
    transfers: pl.DataFrame
    purses: Purses
    tape: Tape
    equity: Ints
    stated: Ints
    restated: Ints
    counts: Mapping[str, int]

    def draws(self, theme: str) -> Draws:
        """Return the stream of a theme in this week."""
        return Draws(self.trading.plan.seed, f"{theme} {self.span.number}")

    def season_draws(self, theme: str) -> Draws:
        """Return the stream of a theme that is the same in every week."""
        return Draws(self.trading.plan.seed, theme)

    def numbered(self, prefix: str, name: str) -> pl.Expr:
        """Return the column `name`: ids in the order of the rows, after those of earlier weeks."""
        return numbered(prefix, name, self.counts.get(prefix, 0))
