"""The detection as a job: a home with real event files, cases that last, scores for everybody."""

import shutil
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from detection.cluster_traits import CLUSTER_NAMES
from jobs.detect import detect, detect_week
from jobs.explain import explain_case
from jobs.initialise import initialise, preset_text
from jobs.settings import read_settings
from jobs.status import status
from warehouse.cases import involved_owners, list_cases
from warehouse.connection import transaction, warehouse
from warehouse.detections import load_latest, load_previous
from warehouse.errors import DetectionError
from warehouse.home import open_home
from warehouse.ingest import ingest_sources
from warehouse.models import ModelMove, NewModel, move_model, store_model
from warehouse.recording import NewMove, record_move
from warehouse.records import Week
from warehouse.trait_files import HEAD, read_traits, trait_files

AS_OF = datetime(2025, 3, 27, tzinfo=UTC)
FARM = [f"farm-{number}" for number in range(6)]


def feed(home, folder, name, header, lines):
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    ingest_sources(home, [path], now=AS_OF, key=bytes(32))


@pytest.fixture(scope="module")
def fed_once(tmp_path_factory):
    """A home with 2,000 strangers, a farm of six on two devices with one sink, and a hot wallet."""
    tmp_path = tmp_path_factory.mktemp("detect")
    text = preset_text("backpack", 1)
    home = initialise(tmp_path / "home", read_settings({}), text, rehearsal=False, now=AS_OF).home
    names = [f"stranger-{number}" for number in range(2_000)] + FARM
    feed(
        home,
        tmp_path / "feed",
        "accounts-2025-03-20",
        "account_id,opened_at,kind",
        [f"{name},2025-03-20T00:00:00Z,retail" for name in names]
        + ["treasury,2025-03-20T00:00:00Z,system"],
    )
    logins = [f"l{n},2025-03-22T10:00:00Z,{name},phone-{n % 2}" for n, name in enumerate(FARM)]
    logins += [f"s{n},2025-03-22T10:00:00Z,stranger-{n},mine-{n}" for n in range(200)]
    feed(home, tmp_path / "feed", "logins-2025-03-22", "login_id,ts,account_id,device_id", logins)
    moves = [
        f"t{n},2025-03-23T10:00:00Z,hot wallet,{n2},USDC,5" for n, n2 in enumerate(names[:300])
    ]
    moves += [f"w{n},2025-03-24T10:00:00Z,{name},sink,USDC,5" for n, name in enumerate(FARM)]
    header = "transfer_id,ts,source,destination,asset,amount"
    for day in (23, 24):
        of_day = [move for move in moves if f"-{day}T" in move]
        feed(home, tmp_path / "feed", f"transfers-2025-03-{day}", header, of_day)
    return home


@pytest.fixture
def fed(fed_once, tmp_path):
    """A copy of it, to be changed."""
    shutil.copytree(fed_once.root, tmp_path / "fed")
    return open_home(tmp_path / "fed")


def queue(home):
    with warehouse(home, read_only=True) as connection:
        return list_cases(connection)


def test_a_farm_opens_one_case_and_its_owners_are_blocked(fed):
    summary = detect(fed, as_of=AS_OF, now=AS_OF)
    assert (summary.run, summary.accounts) == ("D-000001", 2_006)
    assert (summary.clusters, summary.cases, summary.opened, summary.hubs) == (1, 1, 1, 1)
    with warehouse(fed, read_only=True) as connection:
        assert involved_owners(connection)["owner_id"].to_list() == FARM


def test_a_second_run_opens_no_second_case_and_keeps_the_ids(fed):
    detect(fed, as_of=AS_OF, now=AS_OF)
    with warehouse(fed, read_only=True) as connection:
        clusters, cases = load_previous(connection), list_cases(connection)
    summary = detect(fed, as_of=AS_OF, now=AS_OF + timedelta(days=1))
    assert (summary.cases, summary.opened, summary.changed) == (1, 0, 0)
    with warehouse(fed, read_only=True) as connection:
        assert load_previous(connection).equals(clusters)
        assert list_cases(connection).equals(cases)


def test_a_dismissed_case_stays_so_until_there_is_something_new(fed, tmp_path):
    detect(fed, as_of=AS_OF, now=AS_OF)
    (case_id,) = queue(fed)["case_id"]
    with transaction(fed) as connection:
        record_move(connection, NewMove(case_id, "dismiss", "ana", "a club"), AS_OF)
    assert detect(fed, as_of=AS_OF, now=AS_OF).cases == 0
    lines = [f"n{n},2025-03-25T10:00:00Z,{name},new-phone" for n, name in enumerate(FARM[:2])]
    header = "login_id,ts,account_id,device_id"
    feed(fed, tmp_path / "feed", "logins-2025-03-25", header, lines)
    assert detect(fed, as_of=AS_OF, now=AS_OF + timedelta(days=1)).changed == 1
    assert queue(fed).select("case_id", "state").rows() == [(case_id, "open")]


def test_events_from_as_of_on_are_not_looked_at(fed):
    summary = detect(fed, as_of=datetime(2025, 3, 22, tzinfo=UTC), now=AS_OF)
    assert (summary.accounts, summary.edges, summary.cases) == (2_006, 0, 0)


@pytest.mark.parametrize("away", [timedelta(microseconds=-1), timedelta(days=-9_000)])
def test_a_detection_never_replaces_one_that_looked_further(fed, away):
    detect(fed, as_of=AS_OF, now=AS_OF)
    with warehouse(fed, read_only=True) as connection:
        clusters = load_previous(connection)
    with pytest.raises(DetectionError, match=r"already looked at events until 2025-03-27T00:00:00"):
        detect(fed, as_of=AS_OF + away, now=AS_OF)
    with warehouse(fed, read_only=True) as connection:
        assert load_previous(connection).equals(clusters)


def test_what_has_not_happened_yet_cannot_be_looked_at(fed):
    with pytest.raises(DetectionError, match="after the clock"):
        detect(fed, as_of=AS_OF + timedelta(microseconds=1), now=AS_OF)


def test_a_week_whose_end_a_detection_has_passed_is_looked_at_until_there(fed):
    week = Week(1, 1, AS_OF - timedelta(days=7), AS_OF, AS_OF + timedelta(days=1))
    by_hand = AS_OF + timedelta(hours=3)
    detect(fed, as_of=by_hand, now=by_hand)
    assert detect_week(fed, week, now=week.issue_at).run == "D-000002"
    with warehouse(fed, read_only=True) as connection:
        assert load_latest(connection, week.issue_at) == by_hand


def test_a_detection_ahead_of_the_clock_blocks_nothing(fed):
    """A rehearsal may turn its clock back; that must not stop its weeks."""
    detect(fed, as_of=AS_OF + timedelta(days=300), now=AS_OF + timedelta(days=300))
    assert detect(fed, as_of=AS_OF, now=AS_OF).clusters == 1


def test_every_account_gets_a_score(fed, tmp_path):
    path = tmp_path / "scores.parquet"
    detect(fed, as_of=AS_OF, now=AS_OF, scores=path)
    scores = pl.read_parquet(path)
    assert scores.columns == ["account_id", "cluster_id", "score", "flagged"]
    assert scores.height == 2_007
    assert scores.row(by_predicate=pl.col("account_id") == "treasury") == (
        "treasury",
        None,
        0.0,
        False,
    )
    assert scores.filter("flagged")["account_id"].to_list() == FARM
    assert [found.name for found in tmp_path.glob("scores*")] == ["scores.parquet"]


def test_the_terms_of_the_home_are_those_that_count(fed):
    fed.detection.write_text("[grounds]\nleast_owners = 1000\nleast_on_devices = 1000\n")
    summary = detect(fed, as_of=AS_OF, now=AS_OF)
    assert (summary.clusters, summary.cases) == (1, 0)
    fed.detection.write_text("flag_score = 'high'\n")
    with pytest.raises(DetectionError, match="flag_score is 'high'"):
        detect(fed, as_of=AS_OF, now=AS_OF)


def test_without_a_file_of_terms_the_defaults_count(fed):
    fed.detection.unlink(missing_ok=True)
    assert detect(fed, as_of=AS_OF, now=AS_OF).cases == 1


def test_a_case_is_explained_from_what_was_stored(fed):
    detect(fed, as_of=AS_OF, now=AS_OF)
    (case_id,) = queue(fed)["case_id"]
    case, explanation = explain_case(fed, case_id)
    assert case.members["owner_id"].to_list() == FARM
    assert [bar.family for bar in explanation.bars] == ["device", "funding"]
    observed = explanation.observations
    assert any("owners; the median device: 1" in sentence for sentence in observed)
    assert not any("phone-0" in sentence or "sink" in sentence for sentence in observed)


def test_a_case_is_explained_as_of_the_detection_and_not_as_of_the_clock(fed):
    years_later = AS_OF + timedelta(days=900)
    detect(fed, as_of=AS_OF, now=years_later)
    (case_id,) = queue(fed)["case_id"]
    with transaction(fed) as connection:
        record_move(connection, NewMove(case_id, "confirm", "ana", "seen"), years_later)
    case, explanation = explain_case(fed, case_id)
    assert case.as_of == AS_OF
    assert not any("older than a year" in said for said in explanation.counter_evidence)


def test_an_empty_home_finds_nothing(home):
    summary = detect(home, as_of=AS_OF, now=AS_OF)
    assert (summary.accounts, summary.edges, summary.clusters, summary.cases) == (0, 0, 0, 0)


def test_a_ruling_model_that_cannot_be_asked_is_told_and_stops_nothing(fed):
    detect(fed, as_of=AS_OF, now=AS_OF)
    new = NewModel("M-1", "f" * 64, "r" * 64, "n" * 64, 3, "D-000001", "D-000001", 60, "{}")
    with transaction(fed) as connection:
        store_model(connection, new, AS_OF)
        move_model(connection, ModelMove("M-1", 0, "ruling", "ana", AS_OF, "compared"))
    summary = detect(fed, as_of=AS_OF, now=AS_OF)
    assert (summary.cases, summary.model) == (1, None)
    assert "recipe.json' is missing" in summary.model_refusal
    assert status(fed, AS_OF).model_refusal == summary.model_refusal


def test_a_detection_keeps_what_was_known_of_its_clusters(fed):
    detect(fed, as_of=AS_OF, now=AS_OF)
    with warehouse(fed, read_only=True) as connection:
        (file,) = trait_files(connection)
        (case,) = list_cases(connection).to_dicts()
    traits = read_traits(fed, file)
    assert traits.columns == [*HEAD, *CLUSTER_NAMES]
    assert traits["owners"].to_list() == [FARM]
    assert case["routes"] == ["graph"]
    path = fed.root / file.path
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(DetectionError, match="is not the file that was registered"):
        read_traits(fed, file)
