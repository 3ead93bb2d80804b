"""`winnow rehearse` refuses what it must not be called."""

import pytest

from console.cli.rehearse import refuse_tuning_seeds
from warehouse.errors import RehearsalError


@pytest.mark.parametrize("seeds", [[99], [0], [100, 7, 250]])
def test_a_seed_for_tuning_makes_no_evaluation(seeds):
    with pytest.raises(RehearsalError, match=f"seed {min(seeds)} .*take 100 or above"):
        refuse_tuning_seeds(seeds)


def test_seeds_from_100_on_may_be_an_evaluation():
    refuse_tuning_seeds([100, 12_345])
