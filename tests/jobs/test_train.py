"""The season's models as a job: trained on decisions, shadowed, ruling, refused."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from detection.boosting import Boosting
from detection.season_evaluation import Judging
from jobs.asking import ask_models, store_said
from jobs.fixing_checks import check_fixed_moves
from jobs.keys import load_keys
from jobs.models import all_models, retire, rule, show_model
from jobs.settings import read_settings
from jobs.train import train as train_model
from jobs.verify import verify
from tests.conftest import copy_home, shared_device
from warehouse.connection import transaction, warehouse
from warehouse.detections import DetectionRun, store_detection
from warehouse.errors import CaseError, DetectionError
from warehouse.findings import (
    CLUSTERS_SCHEMA,
    EDGES_SCHEMA,
    HUBS_SCHEMA,
    MEMBERS_SCHEMA,
    CaseChange,
    Detection,
)
from warehouse.models import ModelMove
from warehouse.recording import NewMove, record_move
from warehouse.trait_files import store_traits

FIRST = datetime(2025, 3, 27, tzinfo=UTC)
WEEK = timedelta(days=7)
LATER = FIRST + 4 * WEEK
FEW_TREES = Boosting(iterations=8, rate_millis=400, leaves=4, least_rows=5)
JUDGING = Judging(seed=0, settings=FEW_TREES, draws=20)
CLUSTERS = 30  # of each kind
BY_RULES = ["flagged", "passed", "spared"]  # one after the other


def owners_of(cluster: str) -> list[str]:
    return [f"{cluster}-{end}" for end in "abc"]


def traits(seed: int) -> pl.DataFrame:
    """Traits of clusters that act as one (K-f…) and of others (K-h…), as they are stored."""
    draws = np.random.default_rng(seed)
    names = [f"K-{kind}{number:02d}" for kind in "fh" for number in range(CLUSTERS)]
    farms = np.array([name.startswith("K-f") for name in names])
    return pl.DataFrame(
        {
            "cluster_id": names,
            "owners": [owners_of(name) for name in names],
            "score": np.where(farms, 0.7, 0.6) + draws.normal(0, 0.1, len(names)),
            "by_rules": BY_RULES * (len(names) // len(BY_RULES)),
            "flat_tenure": draws.normal(5, 1, len(names)),
            "links_bits": draws.normal(8, 2, len(names)) + 4 * farms,
            "spread_pnl": draws.normal(1, 0.3, len(names)) - 0.6 * farms,
        }
    ).with_columns(pl.col("score").clip(0.01, 0.99))


def store_week(home, week: int, found: pl.DataFrame, *, opens: bool) -> None:
    """Store a detection of clusters with their traits; every cluster opens a case, if asked."""
    at = FIRST + week * WEEK
    nothing = Detection(
        edges=pl.DataFrame(schema=EDGES_SCHEMA),
        pairs=pl.DataFrame(),
        clusters=pl.DataFrame(schema=CLUSTERS_SCHEMA),
        members=pl.DataFrame(schema=MEMBERS_SCHEMA),
        hubs=pl.DataFrame(schema=HUBS_SCHEMA),
        scores=pl.DataFrame(),
    )
    changes = [
        CaseChange(
            case_id=f"C-{cluster}",
            cluster_id=cluster,
            move="opened",
            score=0.9,
            reason="they share a device",
            members=pl.DataFrame(
                {"account_id": owners_of(cluster), "owner_id": owners_of(cluster)}
            ),
            evidence=shared_device(*owners_of(cluster)),
            routes=("graph",),
        )
        for cluster in found["cluster_id"]
    ]
    with transaction(home) as connection:
        run = DetectionRun(as_of=at, started_at=at, accounts=180, terms="{}")
        run_id = store_detection(connection, run, nothing, changes if opens else [])
        store_traits(home, connection, run_id, found)


def decide(home, kind: str, move: str, at: datetime, numbers: range) -> None:
    """Decide cases of one kind."""
    with transaction(home) as connection:
        for number in numbers:
            case_id = f"C-K-{kind}{number:02d}"
            made = record_move(connection, NewMove(case_id, move, "ana", "seen"), at)
            if move == "confirm":
                for owner in owners_of(case_id.removeprefix("C-")):
                    connection.execute(
                        "insert into case_verdicts values ($1, $2, $3, $3, 'confirmed', 0, 'all')",
                        [case_id, made.seq, owner],
                    )


def train(home, at: datetime):
    """Train with fewer trees and draws than usual: what is tested here does not need many."""
    return train_model(home, keys_of(home), at, judging=JUDGING)


def keys_of(home):
    return load_keys(home, read_settings({}))


@pytest.fixture(scope="module")
def decided_once(pristine, tmp_path_factory):
    """A home with two detections of 60 clusters, of which 24 are decided, 12 either way."""
    place = tmp_path_factory.mktemp("decided")
    home = copy_home(pristine, place)
    store_week(home, 0, traits(1), opens=True)
    store_week(home, 1, traits(2), opens=False)
    decide(home, "f", "confirm", FIRST + 1.5 * WEEK, range(12))
    decide(home, "h", "dismiss", FIRST + 1.5 * WEEK, range(12))
    return place


@pytest.fixture(scope="module")
def trained_once(decided_once, tmp_path_factory):
    """The same, with a model trained."""
    place = tmp_path_factory.mktemp("trained")
    train(copy_home(decided_once, place), LATER)
    return place


@pytest.fixture
def home(trained_once, tmp_path):
    return copy_home(trained_once, tmp_path)


def found_wrong(home) -> list[str]:
    """What `verify` says of models and files; the decisions here were made past the log."""
    checks = {"log", "models and leads", "files"}
    return [one.detail for one in verify(home).findings if one.check in checks]


def shadow(home) -> None:
    """Let the second detection ask the models."""
    asked = ask_models(home, all_models(home), traits(2))
    with transaction(home) as connection:
        store_said(connection, "D-000002", asked)


def move(model_id: str, state: str, reason: str = "compared") -> ModelMove:
    return ModelMove(model_id, 0, state, "ana", LATER, reason)


def test_a_model_learns_from_what_was_decided_and_says_what_it_is_better_than(home):
    (model,) = all_models(home)
    assert (model.state, model.first_run, model.last_run) == ("shadow", "D-000001", "D-000002")
    summary = show_model(home, model.model_id).summary
    decided = {(t.tier, t.label): (t.rows, t.groups) for t in summary.tiers}
    assert decided["T3", 1] == decided["T3", 0] == (24, 12)
    # Of 36 that nobody decided, a third was flagged by the rules, and a third spared.
    assert {decided["T4", label] for label in (0, 1)} == {(12, 12)}
    by_cluster = summary.splits[0]
    assert [way.name for way in by_cluster.ways] == ["model", "flat features", "rules"]
    best, flat, rules = by_cluster.ways
    assert (rules.flagged, rules.agreed) == (8, 4), "of 24 decided, every third"
    assert best.average_precision > 0.75 > flat.average_precision
    assert best.average_precision_interval.low <= best.average_precision


def test_what_was_found_after_a_decision_is_not_learned_with_its_answer(decided_once, tmp_path):
    home = copy_home(decided_once, tmp_path)
    store_week(home, 2, traits(9), opens=False)
    summary = train(home, LATER).summary
    rows = {(tier.tier, tier.label): tier.rows for tier in summary.tiers}
    assert rows["T3", 1] == rows["T3", 0] == 24, "the third week had not been seen"


def test_the_same_decisions_give_the_same_model_to_the_byte(home):
    (model,) = all_models(home)
    folder = home.root / "models" / model.model_id
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert train(home, LATER + WEEK).already
    assert all_models(home) == (model,)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert sorted(before) == ["recipe.json", "rows.parquet"]


def test_another_library_makes_another_model_and_leaves_the_one_that_rules_alone(home, monkeypatch):
    (model,) = all_models(home)
    shadow(home)
    rule(home, keys_of(home), move(model.model_id, "ruling"))
    monkeypatch.setattr("jobs.model_files.version", lambda _: "9.9.9")
    with monkeypatch.context() as broken:
        broken.setattr("jobs.train.move_models", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            train(home, LATER + WEEK)
    assert [known.model_id for known in all_models(home)] == [model.model_id]
    second = train(home, LATER + WEEK)  # over what the one that failed has left
    assert not second.already
    assert second.model.model_id != model.model_id
    asked = ask_models(home, all_models(home), traits(3))
    assert (asked.model, asked.shadows) == (model.model_id, (second.model.model_id,))
    assert found_wrong(home) == []


def test_too_few_decisions_of_either_kind_make_no_model(pristine, tmp_path):
    home = copy_home(pristine, tmp_path)
    with pytest.raises(DetectionError, match="no detection has stored traits"):
        train(home, LATER)
    store_week(home, 0, traits(1), opens=True)
    decide(home, "f", "confirm", FIRST + WEEK, range(9))
    decide(home, "h", "dismiss", FIRST + WEEK, range(9))
    with pytest.raises(DetectionError, match=r"9 are confirmed.* needs 10; decide more"):
        train(home, LATER)
    decide(home, "f", "confirm", FIRST + WEEK, range(9, 10))
    with pytest.raises(DetectionError, match=r"9 are dismissed.* needs 10; decide more"):
        train(home, LATER)
    assert all_models(home) == ()


def test_a_shadow_is_asked_and_decides_nothing(home):
    (model,) = all_models(home)
    asked = ask_models(home, [model], traits(3))
    assert asked.model is None
    assert asked.shadows == (model.model_id,)
    assert asked.probabilities.is_empty()
    said = asked.said[0].probabilities
    farms = pl.col("cluster_id").str.starts_with("K-f")
    means = [said.filter(part)["probability"].mean() for part in (farms, ~farms)]
    assert means[0] > means[1] + 0.3


def test_a_model_rules_once_it_was_shadowed_and_is_not_known_to_be_worse(home):
    (model,) = all_models(home)
    with pytest.raises(DetectionError, match="asked in 0 detections, and rules after 1"):
        rule(home, keys_of(home), move(model.model_id, "ruling"))
    shadow(home)
    assert rule(home, keys_of(home), move(model.model_id, "ruling")).before is None
    (ruling,) = all_models(home)
    asked = ask_models(home, [ruling], traits(3))
    assert (asked.model, asked.probabilities.height) == (model.model_id, 2 * CLUSTERS)
    # Moderators decide the other way round for a while, so the new model knows less than the old.
    decide(home, "f", "dismiss", FIRST + 0.5 * WEEK, range(12, 22))
    decide(home, "h", "confirm", FIRST + 0.5 * WEEK, range(12, 22))
    second = train(home, LATER + WEEK).model
    shadow(home)
    with pytest.raises(DetectionError, match=r"is worse than .* on 20 groups .* --anyway"):
        rule(home, keys_of(home), move(second.model_id, "ruling"))
    ruled = rule(home, keys_of(home), move(second.model_id, "ruling", "a trial"), anyway=True)
    assert ruled.before == model.model_id
    states = {known.model_id: known.state for known in all_models(home)}
    assert states == {model.model_id: "retired", second.model_id: "ruling"}
    with pytest.raises(DetectionError, match="is retired, and no shadow"):
        rule(home, keys_of(home), move(model.model_id, "ruling"))


def test_who_let_a_model_rule_is_fixed_in_the_log(home):
    (model,) = all_models(home)
    shadow(home)
    rule(home, keys_of(home), move(model.model_id, "ruling"))
    assert found_wrong(home) == []
    others, unknown = "the moves of models that it fixes are others now", "fixes its move 3"
    for changed, said in (
        ("update model_moves set moved_by = 'ben' where state = 'ruling'", others),
        ("update model_moves set reason = 'told to' where state = 'ruling'", others),
        ("update models set summary = replace(summary, '0', '1')", others),
        ("update models set recipe_sha256 = 'aa'", others),
        ("delete from model_moves where state = 'ruling'", others),
        (
            "insert into model_moves select model_id, 3, 'retired', moved_by, moved_at, reason "
            "from model_moves where seq = 2",
            unknown,
        ),
    ):
        with warehouse(home) as connection:
            connection.begin()
            connection.execute(changed)
            found = [detail for _, detail in check_fixed_moves(home, connection)]
            connection.rollback()
        assert any(said in detail for detail in found), changed


@pytest.mark.parametrize("name", ["D-000003", " ", "training", "Training "])
def test_only_a_person_lets_a_model_rule_or_retires_it(home, name):
    (model,) = all_models(home)
    shadow(home)
    step = replace(move(model.model_id, "ruling"), moved_by=name)
    for asked in (rule, retire):
        with pytest.raises(CaseError, match=r"name a person|needs a name"):
            asked(home, keys_of(home), step)
    if name != "training":
        with pytest.raises(CaseError, match=r"name a person|needs a name"):
            train_model(home, keys_of(home), LATER, name)
    assert all_models(home)[0].state == "shadow"


def test_a_retired_model_is_asked_no_more(home):
    (model,) = all_models(home)
    assert (
        retire(home, keys_of(home), move(model.model_id, "retired", "a mistake of ours")).state
        == "retired"
    )
    assert ask_models(home, all_models(home), traits(3)).said == ()
    with pytest.raises(DetectionError, match="retired already"):
        retire(home, keys_of(home), move(model.model_id, "retired"))


@pytest.mark.parametrize("name", ["recipe.json", "rows.parquet"])
def test_a_model_whose_files_were_touched_is_refused(home, name):
    (model,) = all_models(home)
    file = home.root / "models" / model.model_id / name
    content = file.read_bytes()
    if name == "recipe.json":
        content = json.dumps({**json.loads(content), "seed": 7}).encode()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    asked = ask_models(home, [model], traits(3))
    assert asked.said == ()
    assert "is not the file that was registered" in asked.shadow_refusals[0]


def test_other_features_are_refused_by_name(home):
    (model,) = all_models(home)
    asked = ask_models(home, [model], traits(3).rename({"spread_pnl": "spread_gain"}))
    assert "lack ['spread_pnl'] and add ['spread_gain']" in asked.shadow_refusals[0]
