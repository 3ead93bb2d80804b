"""The file of detection terms."""

import pytest

from detection.terms import DEFAULT_TEXT, DetectionTerms, parse_detection_terms
from warehouse.errors import DetectionError


def test_the_text_that_init_writes_gives_the_defaults():
    written, defaults = parse_detection_terms(DEFAULT_TEXT), DetectionTerms()
    assert written.model_copy(update={"replay": defaults.replay}) == defaults


def test_a_new_home_keeps_its_trades_to_itself_and_an_older_file_is_read_with_care():
    written, defaults = parse_detection_terms(DEFAULT_TEXT).replay, DetectionTerms().replay
    assert (written.public, defaults.public) == (False, True)
    assert written.model_copy(update={"public": True}) == defaults


def test_what_is_not_named_keeps_its_default():
    assert parse_detection_terms("") == DetectionTerms()
    assert parse_detection_terms("flag_score = 0.7").flag_score == 0.7


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("flag_score = 2.0", "flag_score is 2.0"),
        ("flagscore = 0.5", "flagscore"),
        ("[device]\ncost_millibits = 2000\ncap = 1\ntwo_sided = true", "device.cap is 1"),
        ("flag_score = ", "not TOML"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(text, named):
    with pytest.raises(DetectionError, match=named):
        parse_detection_terms(text)
