"""Balance snapshots: positions and collateral where they changed, positions also every midnight.

A snapshot holds until the next one of its (account, kind, asset), so a position that is closed is
stated as zero.
"""

import numpy as np
import polars as pl

from simulator.draws import Ints
from simulator.feeds.loans import loan_rows
from simulator.feeds.week import Week
from simulator.markets import MARKETS, column, is_perp
from simulator.season import DAY, HOUR, MINUTE
from simulator.tape import Tape


def balance_rows(week: Week) -> pl.DataFrame:
    """Return a week's rows of the balances files; in micro-USD, short positions negative."""
    rows = pl.concat([position_rows(week), collateral_rows(week), loan_rows(week)])
    rows = rows.sort("ts", "row", "kind", "asset", maintain_order=True)
    return rows.with_columns(
        week.numbered("B", "snapshot_id"),
        week.people["account_id"].gather(rows["row"]).alias("account_id"),
    )


def position_rows(week: Week) -> pl.DataFrame:
    """State each perp position at the end of an hour that changed it, and at each midnight."""
    trading, span = week.trading, week.span
    series, held, hour = _changes(week)
    following = np.append(hour[1:], span.end)
    following[np.append(np.diff(series) != 0, True)] = span.end
    # Midnights after the statement and before the next one of the series, while something is held.
    nights = np.where(held != 0, np.maximum(0, (following - 1) // DAY - hour // DAY), 0)
    index = np.repeat(np.arange(len(hour)), nights + 1)
    night = np.arange(len(index)) - np.repeat(np.cumsum(nights + 1) - nights - 1, nights + 1)
    at = np.where(night == 0, hour[index], (hour[index] // DAY + night) * DAY)
    inside = at < span.end
    index, at = index[inside], at[inside]
    market = series[index] % len(MARKETS)
    minute = (at - trading.plan.start) // MINUTE
    price = trading.paths[market, minute] * column("unit")[market]
    return pl.DataFrame(
        {
            "ts": at,
            "row": series[index] // len(MARKETS),
            "kind": pl.repeat("position", len(index), eager=True),
            "asset": pl.Series([item.name for item in MARKETS]).gather(market),
            "amount_usd": held[index] * price,
        }
    )


def _changes(week: Week) -> tuple[Ints, Ints, Ints]:
    """Return series, lots and the hour's end of each change, by series and time.

    What is held at the week's start, and what changed in the hour before it, counts as a change at
    its first instant.
    """
    tape, start = week.tape, week.span.start
    opening = np.union1d(np.flatnonzero(tape.before.held), week.restated)
    series = np.concatenate([opening, tape.series])
    held = np.concatenate([tape.before.held[opening], tape.book.held])
    ts = np.repeat(tape.fills["ts"].to_numpy(), 2)
    hour = np.concatenate([np.full(len(opening), start), ts // HOUR * HOUR + HOUR])
    order = np.argsort(series, kind="stable")
    series, held, hour = series[order], held[order], hour[order]
    last = np.append((np.diff(series) != 0) | (np.diff(hour) != 0), True)[: len(series)]
    last &= is_perp()[series % len(MARKETS)]
    return series[last], held[last], hour[last]


def restated(tape: Tape, end: int) -> Ints:
    """Return the series that traded in the hour before `end`, which it falls to `end` to state."""
    ts = np.repeat(tape.fills["ts"].to_numpy(), 2)
    late: Ints = np.unique(tape.series[ts >= end - HOUR])
    return late


def collateral_rows(week: Week) -> pl.DataFrame:
    """State what an account has where it changed: at its start, and at midnights after trading."""
    span, people = week.span, week.people
    equity = np.maximum(0, daily_equity(week))
    new = (people["starts"].to_numpy() >= span.start) & (people["starts"].to_numpy() < span.end)
    changed = np.diff(equity, axis=1) != 0
    changed = np.concatenate([np.zeros((len(people), 1), dtype=np.bool_), changed[:, :-1]], axis=1)
    if span.number == 1:
        changed[:, 0] = (people["starts"] <= span.start).to_numpy()
    changed[(people["kind"] == "system").to_numpy()] = False
    row, day = np.nonzero(changed)
    opened = np.flatnonzero(new & (people["starts"].to_numpy() > span.start))
    rows = np.concatenate([row, opened])
    at = np.concatenate([span.start + day * DAY, people["starts"].to_numpy()[opened]])
    amount = np.concatenate([equity[row, day], people["capital"].to_numpy()[opened]])
    return pl.DataFrame(
        {
            "ts": at,
            "row": rows,
            "kind": pl.repeat("collateral", len(rows), eager=True),
            "asset": pl.repeat("USDC", len(rows), eager=True),
            "amount_usd": amount,
        }
    )


def daily_equity(week: Week) -> Ints:
    """Return what each account has at each midnight of the week and at its end.

    One row an account, days + 1 columns: its capital, gains and losses, less fees.
    """
    span, fills = week.span, week.tape.fills
    day = (fills["ts"].to_numpy() - span.start) // DAY
    realised = week.tape.book.realised.reshape(-1, 2)
    change = np.zeros((len(week.people), span.days + 1), dtype=np.int64)
    change[:, 0] = week.equity
    for side, name in enumerate(("maker", "taker")):
        gain = realised[:, side] - fills[f"{name}_fee"].to_numpy()
        np.add.at(change, (fills[name].to_numpy(), day + 1), gain)
    equity: Ints = np.cumsum(change, axis=1)
    return equity
