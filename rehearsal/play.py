"""Plays a synthetic season week by week through the jobs of a real one.

Each week: the synthetic exchange trades, its files are ingested, the detection looks at what was
known at the week's end, the week is issued with holds, and moderators do their share
(`rehearsal.enforcing`). Then farms hear what their operators were told (`rehearsal.hearing`): whose
points were held at the issue, and which families of evidence a notice named; an adaptive farm
changes from the next week on. A week is issued 26 hours after its end and notices are given after
34, so farms hear of both a day early. After the last week moderators take up nothing new. What
nobody can appeal any more is settled; cases that they did not come to stay open, and what is held
for them stays held.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import polars as pl

from jobs.keys import Keys
from jobs.settings import Settings
from jobs.verify import verify
from rehearsal.enforcing import AFTER_ISSUE, Enforced, enforce_week, settle_due
from rehearsal.gathering import gather
from rehearsal.hearing import told_of_week
from rehearsal.home import far_calendar, make_home, run_week, write_keys
from rehearsal.learning import learn
from rehearsal.moderators import Moderators, right_verdicts
from rehearsal.money import week_fees
from rehearsal.records import OWNERS, TRUTH, Played
from rehearsal.splitting import split_alone
from seasons.calendar import Calendar
from simulator.exchange import Exchange, hear, open_exchange, play_week
from simulator.mix import Mix
from simulator.people import truth
from simulator.season import SeasonPlan
from simulator.simulation import write_week
from warehouse.cases import list_cases
from warehouse.connection import kept_open, warehouse
from warehouse.home import Home
from warehouse.policies import load_case_members
from warehouse.records import Week

BUDGET: Final = 25
ERROR_BPS: Final = 1_000

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Script:
    """What is played.

    Attributes:
        plan: The synthetic season, on the dates of `rehearsal.home.far_calendar`.
        budget: Cases that moderators take up a week, at most.
        error_bps: How often a moderator decides against the rule, in basis points.
        formula: The formula file of every week; None draws one a week.
        replay: Whether every week is recomputed from its events at the end.
        model: Whether moderators look at leads, and models are trained, shadowed and let rule.
    """

    plan: SeasonPlan
    budget: int = BUDGET
    error_bps: int = ERROR_BPS
    formula: str | None = None
    replay: bool = False
    model: bool = False

    @property
    def calendar(self) -> Calendar:
        """The season's weeks."""
        return far_calendar(self.plan.weeks)


@dataclass
class _Stopwatch:
    """Adds up how long each step took."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        taken = time.perf_counter() - started
        self.seconds[name] = self.seconds.get(name, 0.0) + taken


@dataclass(frozen=True)
class _Stage:
    """Where a season is played."""

    script: Script
    folder: Path
    home: Home
    keys: Keys
    watch: _Stopwatch

    @property
    def moderators(self) -> Moderators:
        return Moderators(self.home, self.keys, self.script.plan.seed, self.script.error_bps)


@dataclass(frozen=True)
class _Scene:
    """What is kept of one week."""

    owners: pl.DataFrame
    referrals: pl.DataFrame
    fees: pl.DataFrame
    splitting: pl.DataFrame
    enforced: Enforced


def play(script: Script, folder: Path, tell: Tell) -> Played:
    """Play a season in an empty folder, which is left as it is at the end.

    Args:
        script: What is played.
        folder: Empty or missing.
        tell: Called with a sentence after each step worth a line.
    """
    watch = _Stopwatch()
    with watch.step("make the home"):
        root = folder / "home"
        write_keys(root, script.plan.seed)
        home, keys = make_home(root, Settings(), script.calendar, script.formula)
    stage = _Stage(script, folder, home, keys, watch)
    with watch.step("simulate"):
        exchange = open_exchange(script.plan)
    scenes: list[_Scene] = []
    for week in script.calendar.all_weeks():
        exchange, scene = _play_week(stage, exchange, week, scenes, tell)
        scenes.append(scene)
    return _finish(stage, _truth(exchange), scenes, tell)


def _truth(exchange: Exchange) -> pl.DataFrame:
    known = truth(exchange.people, exchange.planted.targeted)
    return known.select(TRUTH.names()).cast(TRUTH).sort("account_id")


def season_plan(seed: int, accounts: int, weeks: int, mix: Mix | None = None) -> SeasonPlan:
    """Return a synthetic season on the dates of a rehearsal."""
    calendar = far_calendar(weeks)
    opens, cutoff = calendar.opens.date(), calendar.first_cutoff.date()
    return SeasonPlan(seed, accounts, weeks, opens, cutoff, mix or Mix())


def _play_week(
    stage: _Stage, exchange: Exchange, week: Week, before: list[_Scene], tell: Tell
) -> tuple[Exchange, _Scene]:
    started, watch = time.perf_counter(), stage.watch
    feed = stage.folder / "feed"
    feed.mkdir()
    with watch.step("simulate"):
        exchange, rows = play_week(exchange, week.number)
        files = write_week(feed, exchange.plan, exchange.plan.span(week.number), rows)
        known = _truth(exchange)
    with watch.step("ingest, detect, issue"):
        run = run_week(stage.home, stage.keys, week, files)
    shutil.rmtree(feed)
    with watch.step("split once more"):
        operators = known.filter("farm").select("account_id", "operator_id")
        splitting = split_alone(stage.home, stage.keys, week, operators, stage.folder)
    with watch.step("moderate"), kept_open(stage.home):
        enforced = enforce_week(stage.moderators, known, week, stage.script.budget)
        owners = _owners(before[-1].owners if before else OWNERS.to_frame(), rows["accounts"])
        told = told_of_week(stage.home, week, owners, enforced.confirmed)
        exchange = hear(exchange, week.number, told)
    if stage.script.model:
        with watch.step("leads and models"):
            tell(f"{week.label}: {learn(stage.moderators, known, owners, week)}")
    referrals = pl.concat(
        [
            *(scene.referrals for scene in before[-1:]),
            rows["referrals"].sort("ts").select("referrer_id", "referee_id"),
        ]
    )
    scene = _Scene(
        owners=owners,
        referrals=referrals,
        fees=week_fees(week.number, rows["fills"], referrals),
        splitting=splitting,
        enforced=enforced,
    )
    tell(
        f"{week.label}: {run.ingested.total.accepted:,} rows, {run.detected.opened:,} cases "
        f"opened, {enforced.reviews.height:,} reviewed, {len(enforced.confirmed):,} confirmed, "
        f"{time.perf_counter() - started:.1f} s"
    )
    return exchange, scene


def _owners(known: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """Return `OWNERS` of the accounts known before and those that a week's files tell of."""
    told = accounts.sort("changed_at", "account_id").select(
        "account_id", pl.coalesce("owner_id", "account_id").alias("owner_id")
    )
    return (
        pl.concat([known, told.cast(OWNERS)])
        .unique("account_id", keep="last", maintain_order=True)
        .sort("account_id")
    )


def _finish(stage: _Stage, known: pl.DataFrame, scenes: list[_Scene], tell: Tell) -> Played:
    script, watch = stage.script, stage.watch
    with watch.step("moderate"), kept_open(stage.home):
        end = _play_out(stage, known, scenes)
    with watch.step("verify"):
        verified = verify(stage.home, stage.keys if script.replay else None)
    with watch.step("gather"):
        reviews = pl.concat(scene.enforced.reviews for scene in scenes)
        gathered = gather(stage.home, script.calendar, _right(stage.home, known), end)
    tell(f"verified {verified.batches:,} batches: {len(verified.findings)} findings")
    return Played(
        seed=script.plan.seed,
        accounts=script.plan.accounts,
        weeks=script.plan.weeks,
        review_budget=script.budget,
        error_bps=script.error_bps,
        truth=known,
        owners=scenes[-1].owners,
        cases=gathered.cases,
        routes=gathered.routes,
        reviews=reviews,
        flags=gathered.flags,
        confirmed=gathered.confirmed,
        issued=gathered.issued,
        ledger=gathered.ledger,
        holds=gathered.holds,
        fees=pl.concat(scene.fees for scene in scenes),
        appeals=pl.concat(scene.enforced.appeals for scene in scenes),
        redistributed=gathered.redistributed,
        splitting=pl.concat(scene.splitting for scene in scenes),
        seconds=tuple(watch.seconds.items()),
        findings=tuple(f"{one.check} {one.subject}: {one.detail}" for one in verified.findings),
        replayed=verified.weeks_replayed,
    )


def _play_out(stage: _Stage, known: pl.DataFrame, scenes: list[_Scene]) -> datetime:
    """Settle once the last appeal is over; return when that is."""
    last = stage.script.calendar.week(stage.script.plan.weeks)
    ends = [scene.enforced.until for scene in scenes if scene.enforced.until is not None]
    end = max([*ends, last.issue_at + AFTER_ISSUE + timedelta(days=7)])
    settle_due(stage.moderators, known, end)
    return end


def _right(home: Home, known: pl.DataFrame) -> pl.DataFrame:
    """Return case_id, right_verdict: what the rule says of every case as it is now."""
    with warehouse(home, read_only=True) as connection:
        members = load_case_members(connection, list_cases(connection)["case_id"].to_list())
    views = right_verdicts(members, known)
    return pl.DataFrame(
        [(case_id, view.verdict.value) for case_id, view in views.items()],
        schema={"case_id": pl.String, "right_verdict": pl.String},
        orient="row",
    )
