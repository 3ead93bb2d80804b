"""Collateral: what an account has, by its money in and out, gains, fees and funding."""

from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Ints
from simulator.feeds.week import Week
from simulator.markets import MARKETS
from simulator.money import Purses
from simulator.prices import FUNDING_EVERY
from simulator.season import DAY, Span
from simulator.tape import Tape, Trading

NANO: Final = 1_000  # funding is in 10^-9 USD


def collateral_rows(week: Week) -> pl.DataFrame:
    """State what an account has: as its first money comes, and at the midnight after a change."""
    span, people = week.span, week.people
    equity, system = np.maximum(0, week.equity), (people["kind"] == "system").to_numpy()
    changed = np.diff(equity, axis=1) != 0
    changed = np.concatenate([np.zeros((len(people), 1), dtype=np.bool_), changed[:, :-1]], axis=1)
    changed[:, 0] = week.stated != equity[:, 0]
    changed[:, 0] |= (span.number == 1) & (equity[:, 0] > 0)
    changed[system] = False
    row, day = np.nonzero(changed)
    first = _first_money(week)
    return pl.concat(
        [
            pl.DataFrame(
                {"ts": span.start + day * DAY, "row": row, "amount_usd": equity[row, day]}
            ),
            first.filter(~pl.Series(system[first["row"]])),
        ]
    ).select(
        "ts",
        "row",
        pl.lit("collateral").alias("kind"),
        pl.lit("USDC").alias("asset"),
        "amount_usd",
    )


def _first_money(week: Week) -> pl.DataFrame:
    """Return ts, row, amount_usd of each account's very first money, before it could trade."""
    came = week.purses.moves.filter(pl.col("amount") > 0)
    new = pl.Series(week.purses.brought[came["row"].to_numpy()] == 0)
    first = came.filter(new).group_by("row", maintain_order=True).first()
    return first.select("ts", "row", pl.col("amount").alias("amount_usd"))


def equity_changes(trading: Trading, tape: Tape, purses: Purses) -> Ints:
    """Return by how much each account's collateral changes from midnight to midnight of a week.

    One row an account, days + 1 columns, the first of them zero: gains and losses, less fees,
    less funding, and the money that came in and went out.
    """
    fills, span = tape.fills, purses.span
    day = (fills["ts"].to_numpy() - span.start) // DAY
    change = np.zeros((len(purses.equity), span.days + 1), dtype=np.int64)
    for side, name in enumerate(("maker", "taker")):
        gain = tape.book.realised[side::2] - fills[f"{name}_fee"].to_numpy()
        np.add.at(change, (fills[name].to_numpy(), day + 1), gain)
    change[:, 1:] -= funding_paid(trading, span, tape)
    moves = purses.moves
    day = (moves["ts"].to_numpy() - span.start) // DAY
    np.add.at(change, (moves["row"].to_numpy(), day + 1), moves["amount"].to_numpy())
    return np.cumsum(change, axis=1)


def funding_paid(trading: Trading, span: Span, tape: Tape) -> Ints:
    """Return what each account pays for its open perps on each day of a week, in micro-USD.

    Whoever is short gets what the long pay; what is less than a micro-USD stays with the exchange.
    """
    ts = tape.fills["ts"].to_numpy()
    signed = tape.fills["side"].to_numpy() * tape.fills["lots"].to_numpy()
    market = tape.fills["market"].to_numpy()
    every = trading.prices.funding
    at_fill = every[market, (ts - trading.plan.start) // FUNDING_EVERY]
    held = tape.before.held.reshape(-1, len(MARKETS)).copy()
    edges = np.searchsorted(ts, span.start + np.arange(span.days + 1) * DAY)
    paid = np.empty((len(held), span.days), dtype=np.int64)
    for day in range(span.days):
        last = (span.first_day + day + 1) * (DAY // FUNDING_EVERY)
        today, total = slice(edges[day], edges[day + 1]), every[:, last]
        due = held @ (total - every[:, last - DAY // FUNDING_EVERY])
        for name, sign in (("maker", -1), ("taker", 1)):
            who, lots = tape.fills[name].to_numpy()[today], sign * signed[today]
            np.add.at(due, who, lots * (total[market[today]] - at_fill[today]))
            np.add.at(held, (who, market[today]), lots)
        paid[:, day] = -(-due // NANO)
    return paid
