"""Many accounts of one operator: what they have in common before they share anything."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl

from simulator.draws import Draws, Ints
from simulator.individuals import PAPERS, in_one_country, individuals
from simulator.population import Site, opening, per_group
from simulator.season import DAY, USD

ALIKE_BPS: Final = 8_500  # of an operator's accounts, whose papers are of one level
AT_HOME_BPS: Final = 6_000  # whose papers are of the operator's own country
SKIMMERS_BPS: Final = 3_000  # of operators, who take profits every week
SKIM_BPS: Final = 6_000  # of such an operator's accounts, from which something is taken
DROPPED_BPS: Final = 2_500  # who come and go as strangers do
SOONEST: Final = (3 * DAY, 12 * DAY)  # from the start to the withdrawal of everything
TAIL: Final = 2 * DAY  # of the time before the season's end at which farms withdraw
LATE: Final = 9 * DAY  # how much of it falls behind the end
TAKEN: Final = (70, 100)  # percent of the capital


def operated(draws: Draws, site: Site, sizes: Ints) -> pl.DataFrame:
    """Return individuals of one operator a group: alike in size, pace, papers and hours.

    Sizes differ by a fifth. Papers are spread over operators as over strangers.
    """
    members = individuals(draws, site, sizes)
    groups, count = len(sizes), len(members)
    size = (60 * USD * draws.heavier(groups, 60.0)).astype(np.int64)
    pace = (1_000 * draws.heavier(groups, 12.0)).astype(np.int64)
    times = draws.whole(5, 40, groups)
    spread = draws.whole(900, 1_100, count)
    return members.with_columns(
        (per_group(members, size) * spread // 1_000).alias("size"),
        (per_group(members, size * times) * spread // 1_000).alias("capital"),
        per_group(members, pace).alias("pace"),
        *opening(site, members["opened"]),
        *_papers_and_hours(draws, members),
        _skims(draws, members),
        operator=pl.lit(0, pl.Int64),
        farm=True,
    )


def _papers_and_hours(draws: Draws, members: pl.DataFrame) -> list[pl.Expr | pl.Series]:
    groups, count = members["group"].n_unique(), len(members)
    level = per_group(members, draws.weighted(np.array(PAPERS), groups))
    country, hour = in_one_country(draws, members)
    home = pl.Series(draws.chance(AT_HOME_BPS, count))
    alike = pl.Series(draws.chance(ALIKE_BPS, count))
    awake = members.with_columns(hour).select(pl.col("hour").first().over("group"))
    return [
        pl.when(alike).then(level).otherwise("kyc_level").alias("kyc_level"),
        pl.when(home).then(country).otherwise("country").alias("country"),
        (awake["hour"] + pl.Series(draws.whole(-1, 2, count))) % 24,
    ]


def _skims(draws: Draws, members: pl.DataFrame) -> pl.Series:
    groups, count = members["group"].n_unique(), len(members)
    share = draws.whole(100, 500, groups) * draws.chance(SKIMMERS_BPS, groups)
    return pl.Series(
        "skims_bps", share[members["group"].to_numpy()] * draws.chance(SKIM_BPS, count)
    )


def leaving(draws: Draws, site: Site, members: pl.DataFrame) -> Mapping[str, pl.Expr]:
    """Return stops, leaves_after and leaves_with of accounts that are farmed until they are not.

    A farm earns points for as long as it is there, so that most withdraw about the season's end,
    some weeks before it and some only after it; nearly everything then, and are gone. A part is
    dropped on the way, as strangers leave. Who does not start within the season does not leave.
    """
    plan, count = site.plan, len(members)
    before_end = (TAIL * draws.heavier(count, 12.0)).astype(np.int64) - draws.whole(0, LATE, count)
    soonest = pl.col("starts") + pl.Series(draws.whole(*SOONEST, count))
    gone = pl.max_horizontal(pl.lit(plan.end) - pl.Series(before_end), soonest)
    dropped = pl.Series(draws.chance(DROPPED_BPS, count))
    dropped &= members["stops"] > members["starts"] + 2 * DAY
    return _gone(plan.end, gone, pl.Series(draws.whole(*TAKEN, count)), kept=dropped)


def at_instants(draws: Draws, site: Site, gone: Ints) -> Mapping[str, pl.Expr]:
    """Return the same columns where everybody withdraws nearly everything at an instant each."""
    count = len(gone)
    nobody = pl.Series(np.zeros(count, dtype=np.bool_))
    taken = pl.Series(draws.whole(*TAKEN, count))
    return _gone(site.plan.end, pl.lit(pl.Series(gone)), taken, kept=nobody)


def within_days(draws: Draws, site: Site, days: Ints, who: pl.Series) -> Mapping[str, pl.Expr]:
    """Return the same columns where `who` withdraws 3 to so many days after the start."""
    count = len(days)
    after = 3 * DAY + (draws.unit(count) * (days - 3) * DAY).astype(np.int64)
    gone = pl.col("starts") + pl.Series(after)
    return _gone(site.plan.end, gone, pl.Series(draws.whole(85, 99, count)), kept=~who)


def _gone(end: int, gone: pl.Expr, taken: pl.Series, kept: pl.Series) -> Mapping[str, pl.Expr]:
    """Leave at `gone` all but those that are `kept` as they are, and those who never start."""
    asleep = pl.col("starts") >= end
    return {
        "stops": pl.when(asleep).then(end).when(kept).then("stops").otherwise(gone),
        "leaves_after": pl.when(asleep)
        .then(None)
        .when(kept)
        .then("leaves_after")
        .otherwise(gone - pl.col("starts")),
        "leaves_with": pl.when(kept).then("leaves_with").otherwise(taken),
    }
