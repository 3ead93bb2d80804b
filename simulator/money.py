"""What everybody has: money that came in less what went out, and who may trade on it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Bools, Ints
from simulator.season import Span

KEPT_PERCENT: Final = 15  # of all that came in: on less than that nobody trades
LEAST_PERCENT: Final = 5  # of the capital: on less than that nobody begins
MOVES: Final = pl.Schema(
    {
        "ts": pl.Int64,
        "row": pl.Int64,  # row number in people
        "amount": pl.Int64,  # micro-USD, negative where it goes out
    }
)


def moves_of(people: pl.DataFrame, transfers: pl.DataFrame) -> pl.DataFrame:
    """Return what each transfer does to the accounts at its ends.

    Args:
        people: As from `draw_people`.
        transfers: ts, source, destination, amount_usd: accounts or outside addresses.

    Returns:
        `MOVES`, in the order of row and instant.
    """
    rows = people.select("account_id", pl.int_range(pl.len()).alias("row"))
    sides = [
        transfers.join(rows, left_on=end, right_on="account_id", maintain_order="left").select(
            "ts", "row", amount=sign * pl.col("amount_usd")
        )
        for end, sign in (("source", -1), ("destination", 1))
    ]
    return pl.concat(sides).cast(MOVES).sort("row", "ts", "amount")


@dataclass(frozen=True)
class Purses:
    """What everybody has in the course of a week, save for what the week's trades win and lose.

    Attributes:
        span: The week.
        capital: What everybody means to bring, micro-USD.
        equity: What everybody had at the week's start.
        brought: What had come in by then.
        moves: `MOVES` of the week.
    """

    span: Span
    capital: Ints
    equity: Ints
    brought: Ints
    moves: pl.DataFrame

    def suffices(self, rows: Ints, ts: Ints) -> Bools:
        """Say whether these accounts have money to trade on at these instants.

        Who took nearly everything out has not, unless gains left more than that.
        """
        there = self.equity[rows] + self._since(rows, ts, self.moves["amount"].to_numpy())
        came = np.maximum(0, self.moves["amount"].to_numpy())
        came = self.brought[rows] + self._since(rows, ts, came)
        least = np.maximum(came // 100 * KEPT_PERCENT, self.capital[rows] // 100 * LEAST_PERCENT)
        enough: Bools = (there > 0) & (there >= least)
        return enough

    def within_means(self, withdrawals: pl.DataFrame) -> pl.DataFrame:
        """Cut withdrawals to what is there.

        Args:
            withdrawals: ts, row, amount_usd and more, of this week; `moves` has all other moves.
        """
        out = withdrawals.sort("row", "ts", maintain_order=True)
        rows = out["row"].to_numpy().astype(np.int64)
        moved = self._since(rows, out["ts"].to_numpy(), self.moves["amount"].to_numpy())
        there = self.equity[rows] + moved
        before = pl.col("amount_usd").cum_sum().over("row") - pl.col("amount_usd")
        left = pl.max_horizontal(pl.Series(there) - before, pl.lit(0))
        return out.with_columns(pl.min_horizontal("amount_usd", left).alias("amount_usd"))

    def after(self) -> Ints:
        """Return what had come in at the week's end."""
        came = self.moves.filter(pl.col("amount") > 0)
        brought = self.brought.copy()
        np.add.at(brought, came["row"].to_numpy(), came["amount"].to_numpy())
        return brought

    def _since(self, rows: Ints, ts: Ints, amounts: Ints) -> Ints:
        """Sum what moved from the week's start up to and with each instant."""
        length = self.span.end - self.span.start
        bits = length.bit_length()
        moved = self.moves["ts"].to_numpy() - self.span.start
        keys = self.moves["row"].to_numpy() << bits | moved
        until = rows << bits | np.clip(ts - self.span.start, 0, length - 1)
        sums = np.append(0, np.cumsum(amounts))
        first, last = np.searchsorted(keys, rows << bits), np.searchsorted(keys, until, "right")
        total: Ints = sums[last] - sums[first]
        return total
