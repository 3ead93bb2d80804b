"""Ids that survive the week, and a score that rises with evidence."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from detection.clusters import PREVIOUS_SCHEMA, keep_ids

AS_OF = datetime(2025, 3, 28, tzinfo=UTC)
BEFORE = (AS_OF - timedelta(days=7)).replace(tzinfo=None)


def kept(groups, previous, as_of=AS_OF):
    """Return {accounts: cluster id} for groups of accounts."""
    now = pl.DataFrame(
        [(label, name) for label, group in enumerate(groups) for name in group],
        schema={"label": pl.Int64, "account_id": pl.String},
        orient="row",
    )
    before = pl.DataFrame(
        [(cluster, name, BEFORE) for cluster, group in previous.items() for name in group],
        schema=PREVIOUS_SCHEMA,
        orient="row",
    )
    found = dict(keep_ids(now, before, as_of).select("label", "cluster_id").iter_rows())
    return {groups[label]: cluster for label, cluster in found.items()}


def test_the_larger_part_of_a_split_cluster_keeps_the_id():
    found = kept(["abc", "de"], {"K-old": "abcde"})
    assert found["abc"] == "K-old"
    assert found["de"] != "K-old"


def test_a_merged_cluster_takes_the_id_of_its_larger_part():
    assert kept(["abcde"], {"K-1": "ab", "K-2": "cde"}) == {"abcde": "K-2"}


def test_ties_go_to_the_older_id_and_the_smaller_account():
    assert kept(["abcd"], {"K-2": "ab", "K-1": "cd"}) == {"abcd": "K-1"}
    assert kept(["cd", "ab"], {"K-1": "abcd"})["ab"] == "K-1"


def test_a_new_cluster_has_an_id_from_its_accounts_and_the_instant():
    first, again = kept(["ab"], {}), kept(["ab"], {})
    later = kept(["ab"], {}, AS_OF + timedelta(days=7))
    assert first == again
    assert first != later
    assert first["ab"].startswith("K-")


partitions = st.lists(st.integers(0, 6), min_size=1, max_size=20)


@given(partitions, partitions)
def test_ids_are_given_one_to_one(now, before):
    def groups(labels):
        return [
            "".join(chr(97 + n) for n, label in enumerate(labels) if label == wanted)
            for wanted in sorted(set(labels))
        ]

    previous = {f"K-{n}": group for n, group in enumerate(groups(before))}
    found = kept(groups(now), previous)
    assert len(set(found.values())) == len(found)
    for group, cluster in found.items():
        assert cluster not in previous or set(group) & set(previous[cluster])
