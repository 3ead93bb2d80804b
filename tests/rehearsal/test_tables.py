import json

import pytest

from console.cli.rehearse_tables import show_report
from console.cli.rendering import print_json
from rehearsal.scoring import score
from rehearsal.tables import all_tables
from tests.rehearsal.seasons_by_hand import Person, SeasonByHand, farm

REPORT = score([SeasonByHand((*farm("mill", 2), Person("ann", "couples"))).played()])


def test_every_row_has_a_text_for_every_column() -> None:
    for table in all_tables(REPORT):
        assert {len(row) for row in table.rows} <= {len(table.columns)}


def test_the_terminal_shows_every_table_and_the_caveats(capsys: pytest.CaptureFixture[str]) -> None:
    show_report(REPORT)
    shown = capsys.readouterr().out
    for table in all_tables(REPORT):
        assert table.title in shown
    for caveat in REPORT.caveats:
        assert caveat in shown


def test_the_report_is_one_json_document(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(REPORT)
    document = json.loads(capsys.readouterr().out)
    assert document["tuning"] is True
    assert document["patterns"][0]["flagged"] == {
        "part": 0,
        "whole": 2,
        "share": 0.0,
        "low": 0.0,
        "high": pytest.approx(0.65762, abs=1e-5),
    }
    assert document["innocents"][0]["line"] == "open"
