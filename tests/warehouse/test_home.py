"""A home is a plain folder: its path means itself and nothing else."""

from pathlib import Path

import pytest

from warehouse.errors import HomeError
from warehouse.home import create_home, open_home


@pytest.mark.parametrize("name", ["home*", "home?", "home[1]"])
def test_a_home_whose_path_would_be_read_as_a_pattern_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(HomeError, match="reads as a pattern"):
        create_home(tmp_path / name, "odd", rehearsal=False)
    moved = create_home(tmp_path / "home", "plain", rehearsal=False).root.rename(tmp_path / name)
    with pytest.raises(HomeError, match="reads as a pattern"):
        open_home(moved)
