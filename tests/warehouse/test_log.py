"""The log is appended to, leaf by leaf, each with the checkpoint of the tree that it completes."""

import pytest

from seasons.proofs import Frontier, leaf_hash
from tests.conftest import NOW
from warehouse import log
from warehouse.connection import transaction, warehouse
from warehouse.errors import LedgerError
from warehouse.home import Home
from warehouse.log import NewLeaf
from warehouse.records import Checkpoint

BODIES = ('{"type":"a"}', '{"type":"b"}', '{"type":"c"}')


def append(home: Home, *bodies: str) -> Frontier:
    """Append leaves, each with an unsigned checkpoint."""
    frontier = Frontier()
    with transaction(home) as connection:
        for body in bodies:
            frontier = frontier.append(leaf_hash(body))
            checkpoint = Checkpoint(frontier.size, frontier.root(), f"note {frontier.size}")
            new = NewLeaf(body, leaf_hash(body), checkpoint, frontier.peaks)
            assert log.store_leaf(connection, new, NOW) == frontier.size - 1
    return frontier


def test_leaves_come_back_in_order_with_what_they_say(home: Home):
    append(home, *BODIES)
    with warehouse(home, read_only=True) as connection:
        assert log.size(connection) == 3
        assert [body for _, body, _ in log.leaves(connection)] == list(BODIES)
        assert log.leaf_hashes(connection) == tuple(map(leaf_hash, BODIES))
        assert [one["type"] for one in log.bodies(connection).values()] == ["a", "b", "c"]


def test_the_peaks_of_the_last_tree_are_enough_to_go_on(home: Home):
    with warehouse(home, read_only=True) as connection:
        assert log.last_peaks(connection) == (0, ())
    frontier = append(home, *BODIES)
    with warehouse(home, read_only=True) as connection:
        assert log.last_peaks(connection) == (3, frontier.peaks)
        assert sorted(log.kept_peaks(connection)) == [1, 2, 3]


def test_where_peaks_were_not_kept_that_is_said(home: Home):
    append(home, *BODIES)
    with transaction(home) as connection:
        connection.execute("update checkpoints set peaks = null where tree_size = 3")
    with warehouse(home, read_only=True) as connection:
        assert log.last_peaks(connection) is None
        assert sorted(log.kept_peaks(connection)) == [1, 2]


def test_a_checkpoint_of_another_tree_is_refused(home: Home):
    frontier = append(home, *BODIES)
    checkpoint = Checkpoint(frontier.size, frontier.root(), "note")
    new = NewLeaf('{"type":"d"}', leaf_hash('{"type":"d"}'), checkpoint, frontier.peaks)
    with (
        pytest.raises(LedgerError, match="the log has 3 leaves; a checkpoint of 3 cannot follow"),
        transaction(home) as connection,
    ):
        log.store_leaf(connection, new, NOW)
    with warehouse(home, read_only=True) as connection:
        assert log.size(connection) == 3


def test_a_leaf_that_cannot_be_read_says_nothing_and_hides_no_other(home: Home):
    append(home, BODIES[0], "no JSON", "[1]")
    with warehouse(home, read_only=True) as connection:
        assert log.bodies(connection) == {0: {"type": "a"}, 1: {}, 2: {}}


def test_a_checkpoint_is_found_by_its_size(home: Home):
    append(home, *BODIES)
    with warehouse(home, read_only=True) as connection:
        assert log.checkpoint_of(connection, 2) == log.checkpoints(connection)[1]
        with pytest.raises(LedgerError, match="no checkpoint of size 4"):
            log.checkpoint_of(connection, 4)
