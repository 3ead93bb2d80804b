"""`winnow rehearse` refuses what it must not be called, and what cannot be played, at once."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from console.cli.rehearse import refuse_tuning_seeds, rehearse
from rehearsal.scoring.report import Report
from warehouse.errors import RehearsalError, WinnowError


@pytest.mark.parametrize("seeds", [[99], [0], [100, 7, 250]])
def test_a_seed_for_tuning_makes_no_evaluation(seeds):
    with pytest.raises(RehearsalError, match=f"seed {min(seeds)} .*take 100 or above"):
        refuse_tuning_seeds(seeds)


def test_seeds_from_100_on_may_be_an_evaluation():
    refuse_tuning_seeds([100, 12_345])


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("mix", "[share_bps]\nA1 = 9000", "to the honest"),
        ("mix", "[share_bps]\nmarket_maker = 0", "market_maker"),
        ("mix", "[share_bps", "no TOML"),
        ("formula", "[[pool]]", "pool"),
        ("formula", "[[pool", "not TOML"),
    ],
)
def test_what_cannot_be_played_is_refused_before_anything_is_made(tmp_path, option, text, said):
    file, out, keep = tmp_path / "given.toml", tmp_path / "out", tmp_path / "keep"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(WinnowError, match=said):
        rehearse([7], accounts=600, weeks=3, out=out, keep=keep, **{option: file})
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_to_keep_that_is_in_use_is_refused(tmp_path):
    (tmp_path / "mine").touch()
    with pytest.raises(RehearsalError, match="is not empty"):
        rehearse([7], accounts=600, weeks=3, keep=tmp_path)


def test_files_that_are_missing_or_no_text_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        rehearse([7], accounts=600, weeks=3, mix=tmp_path / "none.toml")
    (tmp_path / "mix.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RehearsalError, match=re.escape("'mix.toml' is not UTF-8")):
        rehearse([7], accounts=600, weeks=3, mix=tmp_path / "mix.toml")


def test_every_field_of_the_document_is_described():
    described = (Path(__file__).parents[2] / "docs/rehearsal.md").read_text(encoding="utf-8")
    names = {"synthetic", "evaluation", *(field.name for field in fields(Report))}
    assert {name for name in names if f"`{name}`" not in described} == set()
