"""Device family: two owners logged in from one device.

A device key is a secret of whoever holds it, and how a device was used says what that is worth:

- Two owners whose main device it is, in use by both at the same time: two-sided. Main means that an
  owner, since it first used the device, logged in from it at least as often as from all others and
  once more; so a single login says little. Who shares several devices with somebody has its logins
  from all of them added up: to use them in turn makes none of them less of a main one.
- A device that most of its owners only visited, a family's tablet or a seat in an internet cafe, or
  that one of the two did: one-sided, as being at one address is. Nobody works accounts from it. Two
  who share several devices are no visitors of one; then it only counts how many of its owners log
  in from shared devices mostly, whichever they are: in a cafe, few do.
- A device handed on, where no owner's use began before the last one's had ended: a phone sold, an
  account that its owner moved. It is one-sided too: the device joined no two owners at any time.
  But a phone has two or three owners in its life, and they seldom meet on another device again.
  What goes through more hands, or together with a second device, is worked from in shifts.
"""

import polars as pl

from detection.signals.evidence import Evidence, shared_values
from detection.terms import DetectionTerms, DeviceTerms
from warehouse.findings import EDGES_SCHEMA, Sightings

FAMILY = "device"
_BPS = 10_000


def device_evidence(sightings: Sightings, population: int, terms: DetectionTerms) -> Evidence:
    """Return the edges between owners that were seen on one device."""
    found = shared_values(sightings.devices, FAMILY, "device", population, terms.device)
    use = _use(sightings, terms.device)
    edges = found.edges.join(
        use, left_on=["owner_a", "value_hash"], right_on=["owner_id", "value_hash"]
    ).join(use, left_on=["owner_b", "value_hash"], right_on=["owner_id", "value_hash"], suffix="_b")
    pair = ("owner_a", "owner_b")
    both_main = (
        _is_main(
            pl.col(f"logins{of}").sum().over(pair),
            pl.col(f"since{of}").max().over(pair),
            terms.device,
        )
        for of in ("", "_b")
    )
    alone = (pl.len().over(pair) == 1) & (pl.col("is_public") | pl.col("is_handed"))
    worked = pl.all_horizontal(*both_main) & ~alone & ~pl.col("is_room")
    return Evidence(
        edges.with_columns(pl.col("two_sided") & worked).select(EDGES_SCHEMA.names()), found.hubs
    )


def _is_main(logins: pl.Expr, since: pl.Expr, terms: DeviceTerms) -> pl.Expr:
    """Say whether so many logins, of so many from any device, are those from a main one."""
    return logins * _BPS >= (since + 1) * terms.main_bps


def _use(sightings: Sightings, terms: DeviceTerms) -> pl.DataFrame:
    """Return owner_id, value_hash, logins, since; of the device: is_public, is_room, is_handed."""
    value, owner = "value_hash", "owner_id"
    ended = pl.col("last_seen").cum_max().shift(1).over(value, order_by="first_seen")
    overlaps = (pl.col("first_seen") <= pl.col("ended")).fill_null(value=False)
    logins, since = pl.col("logins"), pl.col("since")

    def few(residents: pl.Expr) -> pl.Expr:
        return residents.sum().over(value) * _BPS < pl.col("holders") * terms.residents_bps

    return (
        sightings.devices.with_columns(holders=pl.len().over(value))
        .filter(pl.col("holders").is_between(2, terms.cap))
        .join(sightings.uses, on=[owner, value], how="left")
        .with_columns(
            ended=ended, logins="sightings", since=pl.coalesce("logins_since", "sightings")
        )
        .with_columns(
            is_main=_is_main(logins, since, terms),
            resides=_is_main(logins.sum().over(owner), since.max().over(owner), terms),
        )
        .with_columns(
            is_public=few(pl.col("is_main")),
            is_room=few(pl.col("resides")),
            is_handed=~overlaps.any().over(value) & (pl.col("holders") <= terms.most_handed),
        )
        .select(owner, value, "logins", "since", "is_public", "is_room", "is_handed")
    )
