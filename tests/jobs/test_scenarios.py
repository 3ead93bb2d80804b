"""Stories that an operator can read are played on a real home, to the last micropoint."""

from pathlib import Path

import pytest

from tests.scenarios.script import Scenario, ScenarioError, Step, read_scenario
from tests.scenarios.stage import Stage, play, prepare

FOLDER = Path(__file__).parents[1] / "scenarios"
SMALL = """
story: Two earn.
emission: 100
bystanders: 0
weeks:
  S1W01: {ana: 40.5, omar: rest}
steps:
  - issue: S1W01
  - expect: {points: {ana: 40.5, omar: 59.5}}
"""


def read(folder: Path, text: str) -> Scenario:
    path = folder / "told.yaml"
    path.write_text(text)
    return read_scenario(path)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_story_goes_as_it_is_told(path: Path, tmp_path: Path) -> None:
    play(read_scenario(path), tmp_path)


@pytest.mark.parametrize(
    ("was", "becomes", "complaint"),
    [
        ("emission: 100", "emmission: 100", "emmission"),
        ("{points: {", "{pionts: {", r"steps\.1\.expect\.pionts"),
        ("ana: 40.5, omar: 59.5", "ana: {onw: 40.5}", r"ana\.onw"),
        ("omar: 59.5", "ana: 59.5", "'ana' stands twice in the mapping on line 9"),
        ("- issue: S1W01", "- {issue: S1W01, wait: 1 day}", r"one thing, not \['issue', 'wait'\]"),
        ("- issue: S1W01", "- refused: no", "steps.0"),
        ("40.5, omar: 59", "40.0000005, omar: 59", "finer than a micropoint"),
        ("- issue: S1W01", "- issue: week one", "steps.0.issue"),
        ("story", "\tstory", "told.yaml: "),
    ],
)
def test_what_a_scenario_cannot_say_is_an_error_that_names_it(
    tmp_path: Path, was: str, becomes: str, complaint: str
) -> None:
    assert was in SMALL
    with pytest.raises(ScenarioError, match=complaint):
        read(tmp_path, SMALL.replace(was, becomes))


def test_a_week_that_does_not_add_up_is_an_error(tmp_path: Path) -> None:
    scenario = read(tmp_path, SMALL.replace("rest", "59"))
    with pytest.raises(ScenarioError, match=r"S1W01: what is told is 0\.500000 points short"):
        scenario.earned("S1W01")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """The small scenario, played."""
    place = tmp_path_factory.mktemp("small")
    stage = Stage(read(place, SMALL), *prepare(read(place, SMALL), place))
    stage.play()
    return stage


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        ({"expect": {"points": {"ana": {"own": 40, "held": 1}}}}, "points of 'ana'"),
        ({"expect": {"weeks": {"S1W01": {"omar": 59}}}}, "points of 'omar' of S1W01"),
        ({"expect": {"public": {"ana": 40}}}, "public points of 'ana'"),
        ({"expect": {"reserve": 1}}, "the reserve"),
        ({"expect": {"owed_to": {"ana": 1}}}, "owed to_owner"),
        ({"expect": {"spent": {"corrections": 1}}}, "what left budget"),
        ({"expect": {"cases": {"farm": "open"}}}, "no case 'farm' has opened"),
        ({"detect": {}, "refused": "rule"}, "should have been refused with 'rule'"),
        ({"issue": "S1W02", "refused": "rule"}, "refused, but not with 'rule'"),
        ({"settle": {"makes_final": [], "spreads": 1}}, "points spread over owners"),
        ({"wait": "a while"}, "write '15 days'"),
    ],
)
def test_what_is_not_as_it_is_told_is_found(
    stage: Stage, step: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        stage.take(Step.model_validate(step))


def test_a_wrong_step_is_named_by_its_number(tmp_path: Path) -> None:
    told = SMALL.replace("ana: 40.5, omar: 59.5", "ana: 40.499999")
    with pytest.raises(ScenarioError, match=r"step 2, expect: .*told.*40\.499999.*found.*40\.5"):
        play(read(tmp_path, told), tmp_path)
