"""The package splink: records of one entity, by probability. It needs no labels.

Source: splink 5.0.0, with the steps and the threshold of its quick start: term frequencies, the
chance that two records match from a strict rule, u by random pairs, m by expectation maximisation
over two blockings, pairs, clusters at 0.95. Ten times its pairs are drawn for u, as it advises.

How a season is put to it: a record is an owner with one value a column: the device, the IP address,
the withdrawal destination used most, who sent the first deposit, the referrer, the day of opening,
the country. What more than fifty owners hold is nulled first, since it would pair everybody. What
it cannot be given: all of an owner's devices with their times and rarity (a list has no term
frequency), and what two owners do at the same moment, which is no column. It assumes that columns
do not follow from each other; device and IP address do.
"""

from typing import Final

import polars as pl
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from benchmarks.peers.season import Season

HUB: Final = 50
THRESHOLD: Final = 0.95
VALUES: Final = ("device", "ip", "sink", "funder", "referrer")


def same_entity(season: Season) -> pl.Series:
    """Return the owners whose record is clustered with another's."""
    api = DuckDBAPI()
    frame = api.register(records(season).to_arrow(), dataset_display_name="owners")
    linker = Linker(frame, _settings())
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on("device", "sink"), block_on("device", "ip")], recall=0.7
    )
    training.estimate_u_using_random_sampling(max_pairs=1e7, seed=1)
    for column in ("device", "sink"):
        training.estimate_parameters_using_expectation_maximisation(block_on(column))
    pairs = linker.inference.predict(threshold_match_probability=THRESHOLD)
    found = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, THRESHOLD)
    clustered = pl.DataFrame(found.as_duckdbpyrelation().pl())
    return clustered.filter(pl.len().over("cluster_id") > 1)["unique_id"]


def records(season: Season) -> pl.DataFrame:
    """Return one row an owner: unique_id, `VALUES`, opened_day, country; sorted."""
    known = season.owners["owner_id"].implode()
    moved = season.transfers
    out = moved.filter(pl.col("source").is_in(known))
    into = moved.filter(pl.col("destination").is_in(known))
    parts = (
        _most_used(season.logins, "owner_id", "device"),
        _most_used(season.logins, "owner_id", "ip"),
        _most_used(out.rename({"destination": "sink"}), "source", "sink"),
        into.unique("destination", keep="first", maintain_order=True).select(
            owner_id="destination", funder="source"
        ),
        season.referrals.unique("referee", keep="first", maintain_order=True).select(
            "referrer", owner_id="referee"
        ),
    )
    whole = season.owners.select(
        "owner_id", "country", opened_day=pl.col("opened_at").dt.date().cast(pl.String)
    )
    for part in parts:
        whole = whole.join(part, on="owner_id", how="left", maintain_order="left")
    return whole.with_columns(
        pl.when(pl.len().over(value) <= HUB).then(value).alias(value) for value in VALUES
    ).rename({"owner_id": "unique_id"})


def _most_used(events: pl.DataFrame, owner: str, value: str) -> pl.DataFrame:
    counted = events.drop_nulls(value).group_by(owner_id=owner, value=value).len()
    return (
        counted.sort("len", "value", descending=[True, False])
        .unique("owner_id", keep="first", maintain_order=True)
        .select("owner_id", pl.col("value").alias(value))
    )


def _settings() -> SettingsCreator:
    exact = (*VALUES, "opened_day", "country")
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.ExactMatch(column).configure(term_frequency_adjustments=True) for column in exact
        ],
        blocking_rules_to_generate_predictions=[block_on(value) for value in VALUES],
    )
