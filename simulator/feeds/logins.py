"""Logins: when a member is there, from which device and which address."""

import numpy as np
import polars as pl

from simulator.draws import Bools, Draws
from simulator.feeds.week import Week
from simulator.patterns import PLANTED_LOGINS
from simulator.season import DAY, HOUR

AGENTS = ("Firefox/136 Linux", "Chrome/134 Windows", "Safari/18 macOS", "Mobile app 4.2 Android")
DAYS_THERE_BPS = 4_500
OTHER_DEVICE_BPS = 2_500
OTHER_ADDRESS_BPS = 3_500
SHOWN = (
    "account_id",
    "device",
    "other_device",
    "next_device",
    "ip",
    "other_ip",
    "next_ip",
    "roams",
    "switch_at",
    "lingers_bps",
)  # columns of people on which it depends what a login shows


def login_rows(week: Week) -> pl.DataFrame:
    """Return a week's rows of the logins files: on some days one to three, around one's hour."""
    draws, span, people = week.draws("logins"), week.span, week.people
    count = len(people) * span.days
    times = draws.weighted(np.array([70, 22, 8]), count) + 1
    times[~draws.chance(DAYS_THERE_BPS, count)] = 0
    times[np.repeat((people["kind"] == "system").to_numpy(), span.days)] = 0
    row, day = np.divmod(np.repeat(np.arange(count), times), span.days)
    hour = people["hour"].to_numpy()[row] * HOUR
    hour += (draws.bell(len(row)) * 4 * HOUR).astype(np.int64)
    ts = span.start + day * DAY + hour % DAY
    there = (people["starts"].to_numpy()[row] <= ts) & (people["stops"].to_numpy()[row] > ts)
    shown = _shown(draws, people, row, ts).with_columns(_roaming(draws, week, row))
    rows = shown.select(
        "ts",
        "account_id",
        "ip",
        pl.col("device").alias("device_id"),
        _agents(row),
    )
    # Only now, so that nobody's coming or going moves what others draw.
    rows = rows.filter(pl.Series(there))
    rows = pl.concat([rows, _planted(week)])
    rows = rows.sort("ts", "account_id", maintain_order=True)
    return rows.with_columns(week.numbered("L", "login_id"))


def _agents(row: np.ndarray) -> pl.Series:
    """Return the agents of the members in these rows: they belong to the member, not the login."""
    return pl.Series("user_agent", AGENTS).gather(row % len(AGENTS))


def _planted(week: Week) -> pl.DataFrame:
    rows = week.people.select("account_id").with_row_index("row")
    planted = week.planted.logins.filter(week.span.covers("ts"))
    planted = planted.join(rows, on="account_id", maintain_order="left")
    return planted.select(*PLANTED_LOGINS.names(), _agents(planted["row"].to_numpy()))


def _shown(draws: Draws, people: pl.DataFrame, row: np.ndarray, ts: np.ndarray) -> pl.DataFrame:
    """Return what each login shows: the other device or address now and then, the next if any."""
    count = len(row)
    who = people.select(SHOWN)[row].with_columns(pl.Series("ts", ts))
    away = {
        "ip": draws.chance(OTHER_ADDRESS_BPS, count),
        "device": draws.chance(OTHER_DEVICE_BPS, count),
    }
    lingers = pl.Series(draws.whole(0, 10_000, count)) < pl.col("lingers_bps")
    switched = ((pl.col("switch_at") <= pl.col("ts")) & ~lingers).fill_null(value=False)
    return who.with_columns(*(_other(name, away[name], switched) for name in ("ip", "device")))


def _roaming(draws: Draws, week: Week, row: np.ndarray) -> pl.Expr:
    """Let who roams come from any exit of the pool, anew with every login."""
    address = pl.col("ip")
    for pool in week.site.pools:
        exits = pl.Series(week.site.exits(draws, pool, len(row)).tolist(), dtype=pl.String)
        address = pl.when(pl.col("roams") == pool).then(exits).otherwise(address)
    return address.alias("ip")


def _other(name: str, away: Bools, switched: pl.Expr) -> pl.Expr:
    """Take `next_<name>` after a switch, else `other_<name>` now and then, where there is one."""
    other = pl.Series(away) & pl.col(f"other_{name}").is_not_null()
    usual = pl.when(other).then(f"other_{name}").otherwise(name)
    follows = switched & pl.col(f"next_{name}").is_not_null()
    return pl.when(follows).then(f"next_{name}").otherwise(usual).alias(name)
