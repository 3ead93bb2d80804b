"""Keys are made once, beside the home, for their owner alone, and never shown."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.initialise import initialise, preset_text
from jobs.keys import key_folder, load_keys, load_public_key, make_keys
from jobs.settings import Settings
from warehouse.errors import HomeError
from warehouse.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    text = preset_text("backpack", 1)
    now = datetime(2025, 3, 20, tzinfo=UTC)
    return initialise(tmp_path / "home", Settings(), text, rehearsal=False, now=now).home


def test_keys_lie_beside_the_home_and_only_their_owner_may_read_them(home: Home) -> None:
    folder = key_folder(home.root)
    assert folder.parent == home.root.parent
    assert folder.stat().st_mode & 0o777 == 0o700
    files = sorted(folder.iterdir())
    assert [path.name for path in files] == [
        "formula.key",
        "identifier.key",
        "season.key",
        "signing.key",
    ]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_no_secret_lies_inside_the_home(home: Home) -> None:
    secrets = [path.read_bytes().strip() for path in key_folder(home.root).iterdir()]
    secrets += [bytes.fromhex(secret.decode()) for secret in secrets]
    for path in home.root.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(secret in content for secret in secrets), path


def test_the_repr_of_keys_shows_nothing(home: Home) -> None:
    assert repr(load_keys(home, Settings())) == "Keys()"


def test_loaded_keys_are_the_same_every_time_and_sign_for_the_public_key(home: Home) -> None:
    first, second = load_keys(home, Settings()), load_keys(home, Settings())
    assert (first.formula, first.season, first.identifier) == (
        second.formula,
        second.season,
        second.identifier,
    )
    assert len({first.formula, first.season, first.identifier}) == 3
    load_public_key(home).verify(first.signing.sign(b"a week"), b"a week")


def test_making_keys_again_keeps_those_that_are_there(home: Home) -> None:
    folder = key_folder(home.root)
    before = (folder / "formula.key").read_bytes()
    (folder / "season.key").unlink()
    assert [path.name for path in make_keys(home.root, Settings())] == ["season.key"]
    assert (folder / "formula.key").read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_key_that_others_may_touch_is_refused(home: Home, mode: int) -> None:
    (key_folder(home.root) / "formula.key").chmod(mode)
    with pytest.raises(HomeError, match="chmod 600"):
        load_keys(home, Settings())


def test_a_key_of_the_wrong_size_is_refused_without_showing_it(home: Home) -> None:
    path = key_folder(home.root) / "formula.key"
    path.write_text("cafe" * 15)
    with pytest.raises(HomeError, match="not 64 hexadecimal digits") as refusal:
        load_keys(home, Settings())
    assert "cafe" not in str(refusal.value)


def test_a_missing_key_says_which_variable_may_name_it(home: Home) -> None:
    (key_folder(home.root) / "identifier.key").unlink()
    with pytest.raises(HomeError, match="WINNOW_IDENTIFIER_KEY_FILE"):
        load_keys(home, Settings())


def test_another_signing_key_is_refused(home: Home, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    other.write_text("ab" * 32)
    other.chmod(0o600)
    with pytest.raises(HomeError, match="WINNOW_SIGNING_KEY_FILE"):
        load_keys(home, Settings(signing_key_file=other))


@pytest.mark.parametrize("name", ["formula", "season", "identifier"])
def test_another_well_formed_key_is_refused_by_name_without_showing_it(
    home: Home, tmp_path: Path, name: str
) -> None:
    other = tmp_path / "other.key"
    other.write_text("ab" * 32)
    other.chmod(0o600)
    settings = replace(Settings(), **{f"{name}_key_file": other})
    with pytest.raises(HomeError, match=f"the {name} key .*WINNOW_{name.upper()}_KEY_FILE") as said:
        load_keys(home, settings)
    assert "abab" not in str(said.value)


def test_two_keys_that_change_places_are_refused(home: Home) -> None:
    folder = key_folder(home.root)
    settings = Settings(
        formula_key_file=folder / "season.key", season_key_file=folder / "formula.key"
    )
    with pytest.raises(HomeError, match="the formula key"):
        load_keys(home, settings)


def test_a_home_without_check_values_is_refused(home: Home) -> None:
    (home.keys / "identifier.check").unlink()
    with pytest.raises(HomeError, match=r"identifier\.check.*backup"):
        load_keys(home, Settings())


def test_a_key_that_a_setting_names_is_never_made(tmp_path: Path) -> None:
    settings = Settings(formula_key_file=tmp_path / "typo.key")
    with pytest.raises(HomeError, match=r"typo\.key"):
        make_keys(tmp_path / "home", settings)
    assert not (tmp_path / "typo.key").exists()


def test_the_public_key_alone_can_be_read_without_any_secret(home: Home) -> None:
    for path in key_folder(home.root).iterdir():
        path.unlink()
    assert load_public_key(home)
