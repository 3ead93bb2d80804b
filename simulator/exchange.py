"""The season in progress: week by week, so that memory holds one week and operators may react."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from simulator.draws import Draws, Ints
from simulator.feeds import ID_PREFIX, ROWS
from simulator.feeds.balances import restated
from simulator.feeds.collateral import equity_changes
from simulator.feeds.referrals import with_referrers
from simulator.feeds.week import Week
from simulator.fees import Venue
from simulator.innocents import HONEST
from simulator.patterns import Planted
from simulator.people import PATTERNS, draw_people
from simulator.population import Site
from simulator.prices import draw_prices
from simulator.season import SeasonPlan
from simulator.styles import plan_trips
from simulator.styles.trips import NEVER, Habits, Stage
from simulator.tape import Carried, Trading, record


@dataclass(frozen=True)
class Exchange:
    """A season between two weeks.

    Attributes:
        site: What everybody draws from, with the plan.
        people: Everybody, as they are from now on.
        trading: Prices and rules.
        habits: How the season trades.
        planted: Events of the whole season that patterns added.
        carried: Positions and trips that are under way.
        equity: What every account has, micro-USD.
        stated: What it was last stated to have.
        restated: Series that traded in the last hour.
        counts: Rows so far, by prefix of their ids.
    """

    site: Site
    people: pl.DataFrame
    trading: Trading
    habits: Habits
    planted: Planted
    carried: Carried
    equity: Ints
    stated: Ints
    restated: Ints
    counts: Mapping[str, int]

    @property
    def plan(self) -> SeasonPlan:
        """The season."""
        return self.site.plan


def open_exchange(plan: SeasonPlan, habits: Habits | None = None) -> Exchange:
    """Draw everybody and the prices of a synthetic season; nothing has happened yet."""
    site, habits = Site.of(plan), habits or Habits()
    people = with_referrers(site, draw_people(site))
    people = _with_farm_volume(plan, people, habits)
    return Exchange(
        site=site,
        people=people,
        trading=Trading(plan, draw_prices(plan), Venue()),
        habits=habits,
        planted=_planted(site, people),
        carried=Carried.nothing(len(people)),
        equity=people["capital"].to_numpy(),
        stated=people["capital"].to_numpy(),
        restated=np.zeros(0, dtype=np.int64),
        counts={},
    )


def play_week(exchange: Exchange, number: int) -> tuple[Exchange, Mapping[str, pl.DataFrame]]:
    """Play a week; weeks are played in order, each once.

    Args:
        exchange: As it is after the week before.
        number: From 1.

    Returns:
        The exchange after it, and the week's rows by kind, in the order of their instant and in
        whole units (instants in microseconds since 1970 UTC, USD in millionths).
    """
    span = exchange.plan.span(number)
    trips = plan_trips(Stage(exchange.plan, span, exchange.habits), exchange.people)
    tape, carried = record(exchange.trading, span, exchange.people, trips, exchange.carried)
    changes = equity_changes(exchange.trading, span, exchange.people, tape)
    equity = exchange.equity[:, None] + changes
    week = Week(
        exchange.site,
        exchange.trading,
        span,
        exchange.people,
        exchange.planted,
        tape,
        equity,
        exchange.stated,
        exchange.restated,
        exchange.counts,
    )
    rows = {kind.name: rows_of(week) for kind, rows_of in ROWS}
    counts = {
        prefix: exchange.counts.get(prefix, 0) + len(rows[kind])
        for kind, prefix in ID_PREFIX.items()
    }
    after = replace(
        exchange,
        carried=carried,
        equity=equity[:, -1],
        stated=np.maximum(0, equity[:, -2]),
        restated=restated(tape, span.end),
        counts=counts,
    )
    return after, rows


def hear(exchange: Exchange, number: int, told: pl.DataFrame) -> Exchange:
    """Return the exchange once operators were told of their accounts in week `number`.

    Args:
        exchange: As it is after that week.
        number: Of the week.
        told: account_id, family: which accounts were named in a notice, and for which evidence.
    """
    people, now = exchange.people, exchange.plan.span(number).end
    for pattern in PATTERNS:
        draws = Draws(exchange.plan.seed, f"pattern {pattern.name} hears {number}")
        people = pattern.hears(draws, now, people, told)
    return replace(exchange, people=people)


def _planted(site: Site, people: pl.DataFrame) -> Planted:
    parts = [
        pattern.plants(Draws(site.plan.seed, f"pattern {pattern.name} plants"), site, people)
        for pattern in (*PATTERNS, HONEST)
    ]
    return Planted(
        pl.concat([part.transfers for part in parts]),
        pl.concat([part.referrals for part in parts]),
        pl.concat([part.logins for part in parts]),
        pl.concat([part.targeted for part in parts]).unique(maintain_order=True),
    )


def _with_farm_volume(plan: SeasonPlan, people: pl.DataFrame, habits: Habits) -> pl.DataFrame:
    """Scale the farms' sizes so that they trade the mix's part of all notional.

    Without it a single heavy tail decides how much of a season is farmed. The part is measured on
    the trips of a full week in the middle of the season.
    """
    number = (plan.weeks + 1) // 2
    trips = plan_trips(Stage(plan, plan.span(number), habits), people)
    legs = trips.select(pl.when(pl.col("closes") == NEVER).then(1).otherwise(2)).to_series()
    volume, farmed = trips["target"] * legs, people["farm"].gather(trips["taker"])
    inside, outside = int(volume.filter(farmed).sum()), int(volume.filter(~farmed).sum())
    if inside == 0:
        return people
    wanted = outside * plan.mix.farm_volume_bps // (10_000 - plan.mix.farm_volume_bps)
    factor = max(1, wanted * 1_000 // inside)
    return people.with_columns(
        pl.when("farm").then(pl.col(name) * factor // 1_000).otherwise(name).clip(1).alias(name)
        for name in ("size", "capital")
    )
