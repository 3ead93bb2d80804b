"""Bad rows, as feeds send them, so that a demonstration has something in its quarantine.

They come in one more file, in which the feed sends some of the second day's fills again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from simulator.draws import Draws
from simulator.files import FileFormat, as_text, event_table, write_table
from simulator.season import DAY, SeasonPlan
from warehouse.schemas import FILLS


@dataclass(frozen=True)
class Flaw:
    """One way to be wrong.

    Attributes:
        name: As in the summary.
        rows: How many there are.
        spoil: Makes good rows (as text) bad.
    """

    name: str
    rows: int
    spoil: Callable[[pl.DataFrame], pl.DataFrame]


def _new(name: str) -> pl.Expr:
    return pl.format("X-{}-{}", pl.lit(name), "fill_id").alias("fill_id")


def _missing_zone(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(_new("zone"), pl.col("ts").str.strip_suffix("Z"))


def _negative_notional(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(_new("notional"), notional_usd="-" + pl.col("notional_usd"))


def _unknown_side(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(_new("side"), taker_side=pl.lit("short"))


def _duplicate(rows: pl.DataFrame) -> pl.DataFrame:
    return rows


def _conflict(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(maker_fee_usd=pl.lit("0.5"))


FLAWS: Final = (
    Flaw("timestamp without zone", 3, _missing_zone),
    Flaw("negative notional", 2, _negative_notional),
    Flaw("unknown side", 2, _unknown_side),
    Flaw("duplicate", 5, _duplicate),
    Flaw("conflict", 1, _conflict),
)


def write_flaws(out: Path, plan: SeasonPlan, fills: pl.DataFrame, file_format: FileFormat) -> None:
    """Write `FLAWS` made from different fills of the second day (of the first where it is alone).

    The file is named for the day after, so that it is read after what it repeats; no manifest
    counts it.
    """
    number = min(1, plan.days - 1)
    first, after = (plan.start + (number + ahead) * DAY for ahead in (0, 1))
    today = fills.filter((pl.col("ts") >= first) & (pl.col("ts") < after))
    wanted = sum(flaw.rows for flaw in FLAWS)
    picked = np.sort(Draws(plan.seed, "flaws").shuffled(len(today))[:wanted])
    good = as_text(event_table(FILLS, today[picked]))
    starts = np.cumsum([0, *(flaw.rows for flaw in FLAWS)])
    bad = pl.concat(
        flaw.spoil(good[int(start) : int(start) + flaw.rows])
        for flaw, start in zip(FLAWS, starts[:-1], strict=True)
    )
    table = pa.table({name: bad[name].to_arrow().cast(pa.string()) for name in bad.columns})
    write_table(out / f"fills-{plan.day(number + 1)}-again.{file_format}", table, file_format)
