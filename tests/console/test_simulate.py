"""`winnow simulate` as it is typed."""

import json
from pathlib import Path

import pytest

from simulator.mix import Mix
from simulator.mix_files import default_mix_text, read_mix
from simulator.people import PATTERNS

SMALL = ("--seed", "1", "--accounts", "150")


def test_it_writes_a_season_and_says_that_it_is_synthetic(winnow, tmp_path: Path) -> None:
    out = tmp_path / "events"
    done = winnow("simulate", str(out), *SMALL, "--weeks", "1", "--format", "csv", "--json")
    assert done.code == 0, done.err
    assert done.err == ""
    said = json.loads(done.out)
    assert said["synthetic"] is True
    assert said["days"] == 6
    assert set(said["rows"]) == {
        "accounts",
        "referrals",
        "fills",
        "balances",
        "transfers",
        "logins",
    }
    assert sum(said["patterns"].values()) == said["accounts"] == 150
    assert 0 < said["farms"] <= said["farmed_accounts"]
    assert said["lookalike_accounts"] > 0
    assert (out / "fills-2025-03-26.csv").exists()
    assert not list(out.rglob("truth*"))
    assert Path(said["truth"]).exists()


def test_a_full_folder_is_refused_and_a_wrong_number_is_a_usage_error(
    winnow, tmp_path: Path
) -> None:
    (tmp_path / "mine").write_text("mine")
    refused = winnow("simulate", str(tmp_path), "--seed", "1")
    assert refused.code == 1
    assert "not empty" in refused.err
    assert winnow("simulate", str(tmp_path / "new"), "--seed", "1", "--accounts", "3").code == 2
    assert not (tmp_path / "new").exists()


def test_a_preset_gives_the_days_and_the_weeks(winnow, tmp_path: Path) -> None:
    out = tmp_path / "events"
    words = ("--preset", "backpack", "--season", "2", "--weeks", "1", "--json")
    done = winnow("simulate", str(out), *SMALL, *words)
    assert done.code == 0, done.err
    said = json.loads(done.out)
    assert (said["opens"], said["days"]) == ("2025-07-03", 7)
    assert (out / "fills-2025-07-09.parquet").exists()


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("--preset", "backpack", "--opens", "2025-07-03"), 2, "has its own dates"),
        (("--preset", "backpack", "--first-cutoff", "2025-07-10"), 2, "has its own dates"),
        (("--season", "2"), 2, "--preset"),
        (("--preset", "backpack", "--season", "9"), 1, "no season 9"),
        (("--preset", "hyperliquid"), 1, "there is no preset"),
        (("--preset", "backpack", "--weeks", "11"), 1, "has 10 weeks"),
        (("--opens", "2025-07-03", "--first-cutoff", "2025-07-03"), 2, "does not come after"),
    ],
)
def test_dates_that_do_not_fit_together_are_named(winnow, words, code, why, tmp_path: Path) -> None:
    done = winnow("simulate", str(tmp_path / "events"), *SMALL, *words)
    assert done.code == code
    assert why in " ".join(done.err.replace("│", " ").split())
    assert not (tmp_path / "events").exists()


def test_a_mix_file_changes_who_there_is(winnow, tmp_path: Path) -> None:
    mix = tmp_path / "mix.toml"
    mix.write_text("[share_bps]\nA1 = 2000\nhousehold = 0\n")
    done = winnow(
        "simulate", str(tmp_path / "events"), *SMALL, "--weeks", "1", "--mix", str(mix), "--json"
    )
    assert done.code == 0, done.err
    patterns = json.loads(done.out)["patterns"]
    assert patterns["A1"] == 30
    assert "household" not in patterns


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[share_bps]\nA99 = 4\n", "unknown pattern"),
        ("[share_bps\n", "no TOML"),
        ("[share_bps]\nA1 = 9900\n", "leave -"),
    ],
)
def test_a_mix_that_makes_no_season_is_refused_with_the_reason(
    winnow, text, why, tmp_path: Path
) -> None:
    mix = tmp_path / "mix.toml"
    mix.write_text(text)
    done = winnow("simulate", str(tmp_path / "events"), *SMALL, "--mix", str(mix))
    assert done.code == 1
    assert done.err.startswith("refused: ")
    assert why in done.err
    assert not (tmp_path / "events").exists()


def test_the_mix_that_is_printed_changes_nothing_when_it_is_given_back(winnow) -> None:
    printed = winnow("simulate", "--print-mix")
    assert (printed.code, printed.out) == (0, default_mix_text())
    mix = read_mix(printed.out)
    assert mix.farm_volume_bps == Mix().farm_volume_bps
    assert mix.share_bps == {pattern.name: pattern.share_bps for pattern in PATTERNS}
    assert mix.levels == {
        pattern.name: (1,) * len(pattern.levels) for pattern in PATTERNS if pattern.levels
    }
