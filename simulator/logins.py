"""Logins: when a member is there, from which device and which address."""

import numpy as np
import polars as pl

from simulator.draws import Draws
from simulator.identifiers import numbered
from simulator.season import DAY, HOUR, SeasonPlan

AGENTS = ("Firefox/136 Linux", "Chrome/134 Windows", "Safari/18 macOS", "Mobile app 4.2 Android")
DAYS_THERE_BPS = 4_500
OTHER_DEVICE_BPS = 2_500
OTHER_ADDRESS_BPS = 3_500


def login_rows(plan: SeasonPlan, people: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the logins files: on some days one to three, around a member's hour."""
    draws = Draws(plan.seed, "logins")
    count = len(people) * plan.days
    times = draws.weighted(np.array([70, 22, 8]), count) + 1
    times[~draws.chance(DAYS_THERE_BPS, count)] = 0
    times[np.repeat((people["kind"] == "system").to_numpy(), plan.days)] = 0
    row, day = np.divmod(np.repeat(np.arange(count), times), plan.days)
    total = len(row)
    hour = people["hour"].to_numpy()[row] * HOUR + (draws.bell(total) * 4 * HOUR).astype(np.int64)
    ts = plan.start + day * DAY + hour % DAY
    who = people[row]
    rows = who.select(
        pl.Series("ts", ts),
        "account_id",
        _sometimes(draws, total, OTHER_ADDRESS_BPS, "ip"),
        _sometimes(draws, total, OTHER_DEVICE_BPS, "device").alias("device_id"),
        # The agent belongs to the member, not to the login.
        pl.Series("user_agent", AGENTS).gather(row % len(AGENTS)),
        "opened",
    )
    rows = rows.filter(pl.col("ts") >= pl.col("opened")).sort("ts", "account_id")
    return rows.with_columns(numbered("L", "login_id"))


def _sometimes(draws: Draws, count: int, bps: int, name: str) -> pl.Expr:
    """Take `other_<name>` now and then, where there is one."""
    other = pl.Series(draws.chance(bps, count)) & pl.col(f"other_{name}").is_not_null()
    return pl.when(other).then(f"other_{name}").otherwise(name).alias(name)
