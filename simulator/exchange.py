"""The season in progress: week by week, so that memory holds one week and operators may react."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl

from simulator.attacks.splitting import TIERS
from simulator.draws import Draws, Ints
from simulator.feeds import ID_PREFIX, ROWS
from simulator.feeds.balances import restated
from simulator.feeds.collateral import equity_changes
from simulator.feeds.referrals import bound, with_referrers
from simulator.feeds.transfers import brought_and_passed_on, withdrawals
from simulator.feeds.week import Week
from simulator.fees import Venue
from simulator.innocents import HONEST
from simulator.makers import Floor
from simulator.money import Purses, moves_of
from simulator.patterns import PLANTED_TRANSFERS, Pattern, Planted
from simulator.people import PATTERNS, draw_people
from simulator.population import Site
from simulator.prices import draw_prices
from simulator.season import USD, SeasonPlan, Span
from simulator.styles import plan_trips
from simulator.styles.trips import NEVER, Habits, Stage
from simulator.tape import Carried, Trading, record

# Patterns that do something else once they are told.
REACTS: Final = tuple(item.name for item in PATTERNS if type(item).hears is not Pattern.hears)


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
        brought: What came into every account so far.
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
    brought: Ints
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
    planted, there = _planted(site, people), _there_before(people)
    return Exchange(
        site=site,
        people=bound(site, people, planted.referrals),
        trading=Trading(plan, draw_prices(plan), Venue()),
        habits=habits,
        planted=planted,
        carried=Carried.nothing(len(people)),
        equity=there,
        brought=there,
        stated=there,
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
    people, trading = exchange.people, exchange.trading
    transfers, purses = _money(exchange, span)
    trips = plan_trips(Stage(exchange.plan, span, exchange.habits), people, purses, REACTS)
    floor = Floor(exchange.plan, people, purses, trading.venue.maker_quoted_bps)
    tape, carried = record(trading, span, floor, trips, exchange.carried)
    equity = exchange.equity[:, None] + equity_changes(trading, tape, purses)
    week = Week(
        exchange.site,
        trading,
        span,
        people,
        exchange.planted,
        transfers,
        purses,
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
        brought=purses.after(),
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


def _there_before(people: pl.DataFrame) -> Ints:
    """Return what accounts have before the season: nobody but the market makers has any."""
    makers = (people["kind"] == "market_maker").to_numpy()
    there: Ints = np.where(makers, people["capital"].to_numpy(), 0)
    return there


def _money(exchange: Exchange, span: Span) -> tuple[pl.DataFrame, Purses]:
    """Return all transfers of a week, none greater than what is there, and what they leave."""
    people, system = exchange.people, exchange.people["kind"] == "system"
    planted = exchange.planted.transfers.select(PLANTED_TRANSFERS.names())
    moving = pl.concat([brought_and_passed_on(exchange.plan, people), planted])
    moving = moving.filter(span.covers("ts"), pl.col("amount_usd") > 0)
    capital = people["capital"].to_numpy()
    moves = moves_of(people, moving)
    purses = Purses(span, capital, exchange.equity, exchange.brought, moves)
    out = withdrawals(people).filter(span.covers("ts"))
    out = purses.within_means(out.filter(~system.gather(out["row"])))
    out = out.select(PLANTED_TRANSFERS.names()).filter(pl.col("amount_usd") > 0)
    transfers = pl.concat([moving, out])
    return transfers, replace(purses, moves=moves_of(people, transfers))


def _usual_purses(plan: SeasonPlan, people: pl.DataFrame, span: Span) -> Purses:
    """Return what everybody would have in a week if nobody had won or lost anything before."""
    out = withdrawals(people).select(PLANTED_TRANSFERS.names())
    moves = moves_of(people, pl.concat([brought_and_passed_on(plan, people), out]))
    before, equity = moves.filter(pl.col("ts") < span.start), _there_before(people)
    brought, amount = equity.copy(), before["amount"].to_numpy()
    np.add.at(equity, before["row"].to_numpy(), amount)
    np.add.at(brought, before["row"].to_numpy(), np.maximum(0, amount))
    now = moves.filter(span.covers("ts"))
    return Purses(span, people["capital"].to_numpy(), equity, brought, now)


def _with_farm_volume(plan: SeasonPlan, people: pl.DataFrame, habits: Habits) -> pl.DataFrame:
    """Scale the farms' sizes so that they trade the mix's part of all notional.

    Without it a single heavy tail decides how much of a season is farmed. The part is measured on
    the trips of a full week in the middle of the season.
    """
    span = plan.span((plan.weeks + 1) // 2)
    trips = plan_trips(Stage(plan, span, habits), people, _usual_purses(plan, people, span), REACTS)
    legs = trips.select(pl.when(pl.col("closes") == NEVER).then(1).otherwise(2)).to_series()
    volume, farmed = trips["target"] * legs, people["farm"].gather(trips["taker"])
    inside, outside = int(volume.filter(farmed).sum()), int(volume.filter(~farmed).sum())
    if inside == 0:
        return people
    wanted = outside * plan.mix.farm_volume_bps // (10_000 - plan.mix.farm_volume_bps)
    factor = max(1, wanted * 1_000 // inside)
    scaled = people.with_columns(
        pl.when("farm").then(pl.col(name) * factor // 1_000).otherwise(name).clip(1).alias(name)
        for name in ("size", "capital")
    )
    return scaled.with_columns(_limits(people["week_limit"], factor))


def _limits(limits: pl.Series, factor: int) -> pl.Series:
    """Set each limit, scaled, to the next edge of a tier, as far beside it as it was before."""
    edges = np.array(TIERS, dtype=np.int64) * USD
    known = limits.drop_nulls().to_numpy()
    was = edges[np.abs(known[:, None] - edges).argmin(axis=1)]
    place = np.searchsorted(edges, was // 1_000 * factor)
    now = edges[np.minimum(place, len(edges) - 1)]
    scaled = np.full(len(limits), -1, dtype=np.int64)
    scaled[limits.is_not_null().to_numpy()] = now // 1_000 * (known * 1_000 // was)
    return pl.Series("week_limit", scaled).replace(-1, None)
