"""A log line holds what was thought about, and nothing else."""

import json

import pytest

from jobs.logs import FIELDS, WITHHELD, make_logger, place_of


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_log_line_is_one_json_object_with_level_and_utc_instant(
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_logger("info").info("done", job="issue", period="S1W01", seconds=1.5)
    (line,) = lines(capsys)
    assert (line["event"], line["level"], line["job"]) == ("done", "info", "issue")
    assert str(line["timestamp"]).endswith("Z")


@pytest.mark.parametrize("name", ["formula", "key", "ip", "device_id", "text", "weights", "seed"])
def test_whatever_has_not_been_thought_about_is_withheld(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make_logger("info").bind(**{name: "198.51.100.7"}).info(
        "done", **{name + "_2": b"198.51.100.7"}
    )
    written = capsys.readouterr().err
    assert "198.51.100.7" not in written
    assert json.loads(written)[name] == WITHHELD


def test_no_field_that_is_let_through_is_named_like_a_secret() -> None:
    assert not FIELDS & {"formula", "key", "keys", "ip", "device", "device_id", "text", "pool"}


def test_lines_below_the_level_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    make_logger("warning").info("done")
    assert lines(capsys) == []


def test_the_place_of_an_error_says_where_and_not_what() -> None:
    with pytest.raises(ValueError, match="198") as raised:
        int("198.51.100.7")
    place = place_of(raised.value)
    assert place.startswith("test_logs.py:")
    assert "198" not in place
    assert place_of(ValueError("never raised")) == "unknown"
