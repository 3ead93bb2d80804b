"""Balance snapshots: positions where they changed, and every midnight; collateral and loans daily.

A snapshot holds until the next one of its (account, kind, asset), so a position that is closed is
stated as zero.
"""

import numpy as np
import polars as pl

from simulator.draws import Draws, Ints
from simulator.identifiers import numbered
from simulator.markets import MARKETS, column, is_perp
from simulator.season import DAY, HOUR, MINUTE, USD, SeasonPlan
from simulator.tape import Tape

ASSETS = ("USDC", "SOL", "BTC")


def balance_rows(plan: SeasonPlan, people: pl.DataFrame, tape: Tape, paths: Ints) -> pl.DataFrame:
    """Return the rows of the balances files; amounts in micro-USD, short positions negative."""
    parts = [positions(plan, tape, paths), collateral(plan, people, tape), loans(plan, people)]
    rows = pl.concat(parts).sort("ts", "row", "kind", "asset")
    return rows.with_columns(
        numbered("B", "snapshot_id"),
        people["account_id"].gather(rows["row"]).alias("account_id"),
    )


def positions(plan: SeasonPlan, tape: Tape, paths: Ints) -> pl.DataFrame:
    """State each perp position at the end of an hour that changed it, and at each midnight."""
    series, held = tape.series, tape.book.held
    ts = np.repeat(tape.fills["ts"].to_numpy(), 2)
    order = np.argsort(series, kind="stable")
    series, held = series[order], held[order]
    hour = ts[order] // HOUR * HOUR + HOUR
    last = np.append((np.diff(series) != 0) | (np.diff(hour) != 0), True)
    last &= is_perp()[series % len(MARKETS)]
    series, held, hour = series[last], held[last], hour[last]
    following = np.append(hour[1:], plan.end)
    following[np.append(np.diff(series) != 0, True)] = plan.end
    # Midnights after the statement and before the next one of the series, while something is held.
    nights = np.where(held != 0, np.maximum(0, (following - 1) // DAY - hour // DAY), 0)
    index = np.repeat(np.arange(len(hour)), nights + 1)
    night = np.arange(len(index)) - np.repeat(np.cumsum(nights + 1) - nights - 1, nights + 1)
    at = np.where(night == 0, hour[index], (hour[index] // DAY + night) * DAY)
    inside = at < plan.end
    index, at = index[inside], at[inside]
    market = series[index] % len(MARKETS)
    price = paths[market, (at - plan.start) // MINUTE] * column("unit")[market]
    return pl.DataFrame(
        {
            "ts": at,
            "row": series[index] // len(MARKETS),
            "kind": pl.repeat("position", len(index), eager=True),
            "asset": pl.Series([item.name for item in MARKETS]).gather(market),
            "amount_usd": held[index] * price,
        }
    )


def collateral(plan: SeasonPlan, people: pl.DataFrame, tape: Tape) -> pl.DataFrame:
    """State what each account has at each midnight: its capital, gains and losses, less fees."""
    count = len(people)
    day = (tape.fills["ts"].to_numpy() - plan.start) // DAY
    realised = tape.book.realised.reshape(-1, 2)
    change = np.zeros((count, plan.days), dtype=np.int64)
    for side, name in enumerate(("maker", "taker")):
        gain = realised[:, side] - tape.fills[f"{name}_fee"].to_numpy()
        np.add.at(change, (tape.fills[name].to_numpy(), day), gain)
    before = np.cumsum(change, axis=1) - change
    equity = np.maximum(0, people["capital"].to_numpy()[:, None] + before)
    row, number = np.divmod(np.arange(equity.size), plan.days)
    at = plan.start + number * DAY
    there = (people["opened"].to_numpy()[row] <= at) & (people["kind"] != "system").to_numpy()[row]
    row, at = row[there], at[there]
    return pl.DataFrame(
        {
            "ts": at,
            "row": row,
            "kind": pl.repeat("collateral", len(row), eager=True),
            "asset": pl.repeat("USDC", len(row), eager=True),
            "amount_usd": equity.reshape(-1)[there],
        }
    )


def loans(plan: SeasonPlan, people: pl.DataFrame) -> pl.DataFrame:
    """State what one in eight lends or borrows: at the start, every midnight, and zero at the end.

    What is borrowed is at most half of the capital.
    """
    draws = Draws(plan.seed, "loans")
    count = len(people)
    takes_part = draws.chance(1_250, count) & (people["style"] != "quiet").to_numpy()
    begin = np.maximum(people["opened"].to_numpy(), plan.start)
    begin = begin + draws.whole(HOUR, 10 * DAY, count)
    finish = np.minimum(begin + draws.whole(6 * HOUR, 20 * DAY, count), plan.end)
    nights = np.maximum(0, (finish - 1) // DAY - begin // DAY)
    times = np.where(takes_part & (begin < plan.end), nights + 2, 0)
    row = np.repeat(np.arange(count), times)
    number = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    ends = number == nights[row] + 1
    at = np.where(ends, finish[row], (begin[row] // DAY + number) * DAY)
    at = np.where(number == 0, begin[row], at)
    kind = np.array(["lent", "borrowed"], dtype=object)[draws.whole(0, 2, count)]
    asset = np.array(ASSETS, dtype=object)[draws.whole(0, len(ASSETS), count)]
    amount = people["capital"].to_numpy() // draws.whole(2, 20, count) // USD * USD
    return pl.DataFrame(
        {
            "ts": at,
            "row": row,
            "kind": pl.Series(kind[row].tolist(), dtype=pl.String),
            "asset": pl.Series(asset[row].tolist(), dtype=pl.String),
            "amount_usd": np.where(ends, 0, amount[row]),
        }
    ).filter(pl.col("ts") < plan.end)
