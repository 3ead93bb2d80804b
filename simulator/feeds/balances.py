"""Balance snapshots: positions, collateral and loans, stated where they changed.

A snapshot holds until the next one of its (account, kind, asset), so a position that is closed is
stated as zero, once.
"""

from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Ints
from simulator.feeds.collateral import collateral_rows
from simulator.feeds.loans import loan_rows
from simulator.feeds.week import Week
from simulator.markets import MARKETS, column, is_perp
from simulator.positions import stable_order
from simulator.season import HOUR
from simulator.tape import Tape

ORDER: Final = ("ts", "row", "kind", "asset")


def balance_rows(week: Week) -> pl.DataFrame:
    """Return a week's rows of the balances files; in micro-USD, short positions negative."""
    rows = pl.concat([position_rows(week), collateral_rows(week), loan_rows(week)])
    rows = rows.sort(ORDER, maintain_order=True)
    return rows.with_columns(
        week.numbered("B", "snapshot_id"),
        week.people["account_id"].gather(rows["row"]).alias("account_id"),
    )


def position_rows(week: Week) -> pl.DataFrame:
    """State each perp position at the week's start, and at the end of an hour that changed it."""
    trading, span = week.trading, week.span
    series, held, at = _changes(week)
    inside = at < span.end
    series, held, at = series[inside], held[inside], at[inside]
    market = series % len(MARKETS)
    price = trading.mid(market, at) * column("unit")[market]
    return pl.DataFrame(
        {
            "ts": at,
            "row": series // len(MARKETS),
            "kind": pl.repeat("position", len(at), eager=True),
            "asset": pl.Series([item.name for item in MARKETS]).gather(market),
            "amount_usd": held * price,
        }
    )


def _changes(week: Week) -> tuple[Ints, Ints, Ints]:
    """Return series, lots and the hour's end of each change, by series and time.

    What is held at the week's start, and what changed in the hour before it, counts as a change at
    its first instant. A position that comes and goes within an hour leaves no trace.
    """
    tape, perp = week.tape, is_perp()
    opening = np.union1d(np.flatnonzero(tape.before.held), week.restated)
    series = np.concatenate([opening, tape.series])
    held = np.concatenate([tape.before.held[opening], tape.book.held])
    ts = np.repeat(tape.fills["ts"].to_numpy(), 2)
    hour = np.concatenate([np.full(len(opening), week.span.start), ts // HOUR * HOUR + HOUR])
    chosen = np.flatnonzero(perp[series % len(MARKETS)])
    order = chosen[stable_order(series[chosen])]
    series, held, hour, first = series[order], held[order], hour[order], order < len(opening)
    last = np.append((np.diff(series) != 0) | (np.diff(hour) != 0), [True] * bool(len(series)))
    series, held, hour, first = series[last], held[last], hour[last], first[last]
    stated = np.append(0, held)[:-1]
    stated[np.diff(series, prepend=-1) != 0] = 0
    news = first | (held != 0) | (stated != 0)
    return series[news], held[news], hour[news]


def restated(tape: Tape, end: int) -> Ints:
    """Return the series that traded in the hour before `end`, which it falls to `end` to state."""
    late = int(np.searchsorted(tape.fills["ts"].to_numpy(), end - HOUR))
    series: Ints = np.unique(tape.series[2 * late :])
    return series
