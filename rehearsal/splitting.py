"""What a farm would have earned with one account: a week's events read and split once more.

The accounts files of the week's close are copied with every farm operator's accounts under one
owner, and the week is read and decided from them by the same code and the same formula as its
issue. So trades between the operator's accounts count no more, positions are netted, and points by
tiers go by what the accounts had together. All operators are merged at once, so that the
figures add up to one emission; nobody is held, because what is held is issued all the same.
"""

from dataclasses import replace
from pathlib import Path

import polars as pl

from jobs.issue import Inputs, load_inputs
from jobs.keys import Keys
from rehearsal.records import SPLITTING
from seasons.activity import scope_of
from seasons.issuance import decide_issue
from seasons.ranks import standings
from warehouse import ledger
from warehouse.activity import load_activity
from warehouse.connection import warehouse
from warehouse.errors import SeasonError
from warehouse.events import Close, load_close
from warehouse.home import Home
from warehouse.records import EventFile, Week


def split_alone(
    home: Home, keys: Keys, week: Week, operators: pl.DataFrame, folder: Path
) -> pl.DataFrame:
    """Return what a week's issue gave farms, and what it would have given one account each.

    Args:
        home: The home, in which the week is issued.
        keys: Open the formula.
        week: Which week.
        operators: account_id, operator_id: of farms alone.
        folder: Where a copy of the accounts files may lie for a moment.

    Returns:
        `rehearsal.records.SPLITTING`, sorted. Who earned with one owner, or with none, did not
        split that week and is left out, however many accounts lay idle.
    """
    with warehouse(home, read_only=True) as connection:
        close = load_close(connection, week.season, week.number)
        stored = ledger.find_batch(connection, week.season, week.number, "issue")
        if close is None or stored is None:
            raise SeasonError(f"{week.label!r} is not issued yet; issue it first")
        inputs = load_inputs(connection, home, keys, close, stored)
        before = ledger.season_points(
            connection, week.season, before_week=week.number, before_leaf=stored.leaf_index
        )
        entries = ledger.load_entries(connection, stored.batch.batch_id)
    accounts = _accounts(home, close)
    merged = _merged(accounts, operators)
    path = folder / f"{week.label}-merged.parquet"
    merged.write_parquet(path)
    try:
        alone = _alone(home, inputs, _instead(close, path), _owner_map(accounts, merged), before)
    finally:
        path.unlink()
    farms = operators.select("operator_id").unique()
    return _compared(week, _owner_map(accounts, merged), entries, alone).join(
        farms, on="operator_id", how="semi", maintain_order="left"
    )


def _accounts(home: Home, close: Close) -> pl.DataFrame:
    paths = [home.root / file.path for file in close.files if file.kind == "accounts"]
    return pl.concat([pl.read_parquet(path, hive_partitioning=False) for path in paths])


def _merged(accounts: pl.DataFrame, operators: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of accounts files with the operator as owner of its accounts."""
    joined = accounts.join(operators, on="account_id", how="left", maintain_order="left")
    owner = pl.coalesce("operator_id", "owner_id").alias("owner_id")
    return joined.with_columns(owner).select(accounts.columns)


def _owner_map(accounts: pl.DataFrame, merged: pl.DataFrame) -> pl.DataFrame:
    """Return owner_id and the `party` that it is merged into, of those who are merged.

    An owner whose accounts belong to two operators goes with the first.
    """
    return (
        accounts.select(pl.coalesce("owner_id", "account_id").alias("owner_id"))
        .with_columns(party=merged.select(pl.coalesce("owner_id", "account_id")).to_series())
        .filter(pl.col("owner_id") != pl.col("party"))
        .unique()
        .sort("owner_id", "party")
        .unique("owner_id", keep="first", maintain_order=True)
    )


def _instead(close: Close, path: Path) -> tuple[EventFile, ...]:
    """Return the files of a close with one accounts file in place of its own."""
    own = [file for file in close.files if file.kind == "accounts"]
    others = [file for file in close.files if file.kind != "accounts"]
    return (replace(own[0], path=str(path)), *others)


def _alone(
    home: Home,
    inputs: Inputs,
    files: tuple[EventFile, ...],
    parties: pl.DataFrame,
    before: pl.DataFrame,
) -> pl.DataFrame:
    """Return owner_id, micropoints: the week split by merged owners."""
    points = _as_parties(before, parties).group_by("owner_id").agg(pl.col("micropoints").sum())
    tiers = standings(points, inputs.terms.tiers.thresholds()).select("owner_id", "tier")
    decided = inputs.involved.filter(pl.col("state") != "open")
    linked = (
        _as_parties(decided, parties).select("owner_id", pl.col("root").alias("case_id")).unique()
    )
    terms = inputs.terms
    scope = scope_of(inputs.formula, terms.eligibility, terms.qualified_volume)
    activity = load_activity(home, inputs.week, files, linked.sort("owner_id", "case_id"), scope)
    nobody = inputs.involved.clear()
    issue = decide_issue(inputs.week, inputs.terms, inputs.formula, activity, tiers, nobody)
    return issue.split.by_owner


def _as_parties(rows: pl.DataFrame, parties: pl.DataFrame) -> pl.DataFrame:
    joined = rows.join(parties, on="owner_id", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("party", "owner_id").alias("owner_id")).drop("party")


def _compared(
    week: Week, parties: pl.DataFrame, entries: pl.DataFrame, alone: pl.DataFrame
) -> pl.DataFrame:
    """Return `SPLITTING` of every party of which several owners were issued points."""
    credited = (
        entries.filter(pl.col("micropoints") > 0)
        .select(
            pl.col("account").str.replace("^(owner|held):", "").alias("owner_id"), "micropoints"
        )
        .with_columns(one="owner_id")
    )
    together = (
        _as_parties(credited, parties)
        .group_by(pl.col("owner_id").alias("operator_id"))
        .agg(
            pl.col("one").n_unique().alias("owners"),
            pl.col("micropoints").sum().alias("together"),
        )
    )
    return (
        together.filter(pl.col("owners") > 1)
        .join(alone.select(operator_id="owner_id", alone="micropoints"), "operator_id", "left")
        .select(
            pl.lit(week.number).alias("week"),
            "operator_id",
            "owners",
            "together",
            pl.col("alone").fill_null(0),
        )
        .cast(SPLITTING)
        .sort("operator_id")
    )
