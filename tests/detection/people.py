"""Made-up owners with random behaviour, and groups of them that behave alike."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from detection.fusion import FAMILIES
from warehouse.behaviour import BEHAVIOUR_SCHEMA
from warehouse.findings import CLUSTERS_SCHEMA, EDGES_SCHEMA, HUBS_SCHEMA, MEMBERS_SCHEMA, Detection

AS_OF = datetime(2025, 3, 28, tzinfo=UTC)
UNTIL = AS_OF.replace(tzinfo=None)
PARTS_OF_VOLUME = (
    *("taken_cents", "thin_cents", "main_market_cents", "flat_cents", "open_cents"),
    *("deposited_cents", "withdrawn_cents"),
)


def behaviour(count, seed=0, alike=()):
    """Random owners o00000 and on; those of each group in `alike` do nearly what its first does."""
    draw = np.random.default_rng(seed)
    fills = draw.integers(2, 400, count)
    notional = draw.lognormal(12, 1.5, count).astype(int) + 100
    size = draw.integers(4_000, 9_000, count)
    columns = {
        name: draw.integers(0, 50, count)
        for name, kind in BEHAVIOUR_SCHEMA.items()
        if kind == pl.Int64()
    }
    columns |= {
        "accounts": np.ones(count, int),
        "fills": fills,
        "takes": fills,
        "notional_cents": notional,
        **{
            name: (notional * draw.uniform(0.2, 0.8, count)).astype(int) for name in PARTS_OF_VOLUME
        },
        "fees_cents": notional // 1_000,
        "bought_cents": draw.integers(-100, 100, count),
        "pnl_cents": (notional * draw.uniform(-0.1, 0.1, count)).astype(int),
        "size_millis": size * fills,
        "square_size_micros": size * size * fills,
        "logins": columns["logins"] + 1,
        "device_logins": columns["logins"] + 1,
    }
    minutes = {
        name: draw.integers(1, 500_000, count)
        for name in ("opened_at", "first_trade", "last_trade", "first_deposit", "last_withdrawal")
    }
    for group in alike:
        for values in (*columns.values(), *minutes.values()):
            values[list(group)] = values[group[0]]
    instants = {
        name: [UNTIL - timedelta(minutes=int(m)) for m in of] for name, of in minutes.items()
    }
    frame = pl.DataFrame({"owner_id": names(range(count)), **columns, **instants})
    return frame.select(BEHAVIOUR_SCHEMA.names()).cast(BEHAVIOUR_SCHEMA)


def names(numbers):
    return [f"o{number:05d}" for number in numbers]


def pairs(links):
    """Pairs (a, b, millibits of the device family), all of them two-sided and kept."""
    rows = [
        {"owner_a": min(a, b), "owner_b": max(a, b), "device_millibits": bits}
        for a, b, bits in links
    ]
    found = pl.DataFrame(
        rows, schema={"owner_a": pl.String, "owner_b": pl.String, "device_millibits": pl.Int64}
    )
    others = [pl.lit(0, pl.Int64).alias(f"{family}_millibits") for family in FAMILIES[1:]]
    bits = pl.col("device_millibits")
    return found.with_columns(
        *others,
        weight_millibits=bits,
        families=pl.lit(1),
        two_sided_millibits=bits,
        kept=pl.lit(value=True),
        evidence=pl.lit(1),
    )


def detection_of(groups, links):
    """A detection whose clusters are given: name -> owners, one account each."""
    linked = pairs(links)
    cluster_of = {owner: cluster for cluster, owners in groups.items() for owner in owners}
    inside = pairs([link for link in links if cluster_of[link[0]] == cluster_of.get(link[1])])
    ends = pl.concat(
        [inside.select("weight_millibits", owner_id=end) for end in ("owner_a", "owner_b")]
    )
    members = pl.DataFrame(
        [(cluster, owner, owner) for cluster, owners in groups.items() for owner in owners],
        schema=dict.fromkeys(("cluster_id", "account_id", "owner_id"), pl.String),
        orient="row",
    )
    strength = ends.group_by("owner_id").agg(pl.col("weight_millibits").sum())
    members = members.join(strength, on="owner_id", how="left").with_columns(
        strength_millibits=pl.col("weight_millibits").fill_null(0)
        // (pl.len().over("cluster_id") - 1)
    )
    clusters = pl.DataFrame(
        [
            (cluster, len(owners), len(owners), ["device"], 0.5, UNTIL)
            for cluster, owners in groups.items()
        ],
        schema=CLUSTERS_SCHEMA,
        orient="row",
    )
    edges = linked.select(
        account_a="owner_a",
        account_b="owner_b",
        family=pl.lit("device"),
        signal=pl.lit("device"),
        value_hash=pl.lit("value"),
        holders=pl.lit(2),
        weight_millibits="weight_millibits",
        two_sided=pl.lit(value=True),
        first_seen=pl.lit(UNTIL - timedelta(days=3)),
        last_seen=pl.lit(UNTIL),
        sightings=pl.lit(4),
        owner_a="owner_a",
        owner_b="owner_b",
    ).cast(EDGES_SCHEMA)
    return Detection(
        edges=edges,
        pairs=linked,
        clusters=clusters,
        members=members.select(MEMBERS_SCHEMA.names())
        .cast(MEMBERS_SCHEMA)
        .sort("cluster_id", "account_id"),
        hubs=pl.DataFrame(schema=HUBS_SCHEMA),
        scores=pl.DataFrame(),
    )
