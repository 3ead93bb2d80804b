"""Device family: two owners logged in from one device.

A device key is a secret of whoever holds it, and how a device was used says what that is worth:

- Two owners whose main device it is, in use by both at the same time: two-sided. Main means that an
  owner, since it first used the device, logged in from it at least as often as from all others and
  once more; so a single login says little.
- A device that most of its owners only visited, a family's tablet or a seat in an internet cafe, or
  that one of the two did: one-sided, as being at one address is. Nobody works accounts from it.
- A device handed on, where no owner's use began before the last one's had ended: a phone sold, an
  account that its owner moved, a guest's hour on a workshop's bench. It is one-sided too: the
  device joined no two owners at any time.
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
    worked = pl.col("is_main") & pl.col("is_main_b") & ~pl.col("is_public") & ~pl.col("is_handed")
    return Evidence(
        edges.with_columns(pl.col("two_sided") & worked).select(EDGES_SCHEMA.names()), found.hubs
    )


def _use(sightings: Sightings, terms: DeviceTerms) -> pl.DataFrame:
    """Return owner_id, value_hash, is_main; and of the device: is_public, is_handed."""
    since = pl.coalesce("logins_since", "sightings")
    ended = pl.col("last_seen").cum_max().shift(1).over("value_hash", order_by="first_seen")
    mains = pl.col("is_main").sum().over("value_hash")
    overlaps = (pl.col("first_seen") <= pl.col("ended")).fill_null(value=False)
    return (
        sightings.devices.join(sightings.uses, on=["owner_id", "value_hash"], how="left")
        .with_columns(
            is_main=pl.col("sightings") * _BPS >= (since + 1) * terms.main_bps, ended=ended
        )
        .with_columns(
            is_public=mains * _BPS < pl.len().over("value_hash") * terms.residents_bps,
            is_handed=~overlaps.any().over("value_hash"),
        )
        .select("owner_id", "value_hash", "is_main", "is_public", "is_handed")
    )
