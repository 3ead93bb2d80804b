"""Allocation: exact splits against a plain reference in fractions."""

import json
import os
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seasons.allocation import Split, apportion, share_amounts, split_emission
from seasons.formulas import REFERRED_POINTS, Curve, CurveKind, Formula, Pool
from seasons.terms import Referral
from warehouse.errors import AllocationError, NobodyQualifies

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "points-vectors.json"
LINEAR = Curve(CurveKind.LINEAR)
EMISSION = 10_000_000_000_000
Weights = dict[str, int]


def as_frame(weights: Weights) -> pl.DataFrame:
    return pl.DataFrame(
        {"owner_id": list(weights), "weight": pl.Series(list(weights.values()), dtype=pl.Int128)},
        schema={"owner_id": pl.String, "weight": pl.Int128},
    )


def split(weights: Weights, amount: int, cap: int | None = None) -> Weights:
    return dict(apportion(as_frame(weights), amount, cap).iter_rows())


def plain_split(weights: Weights, amount: int) -> Weights:
    """Largest remainder, as one would do it on paper."""
    total = sum(weights.values())
    ideal = {owner: Fraction(weight * amount, total) for owner, weight in weights.items()}
    paid = {owner: share.__floor__() for owner, share in ideal.items()}
    in_order = sorted(ideal, key=lambda owner: (paid[owner] - ideal[owner], owner))
    for owner in in_order[: amount - sum(paid.values())]:
        paid[owner] += 1
    return paid


def plain_capped(weights: Weights, amount: int, cap: int) -> Weights:
    """Whoever is over the limit gets exactly it, until nobody is over; then one final split."""
    limit = max(cap, -(-amount // len(weights)))
    others, rest = dict(weights), amount
    while True:
        total = sum(others.values())
        over = [owner for owner in others if Fraction(others[owner] * rest, total) > limit]
        if not over:
            break
        for owner in over:
            del others[owner]
            rest -= limit
    return {owner: limit for owner in weights if owner not in others} | plain_split(others, rest)


OWNERS = st.text("abcABC019-é", min_size=1, max_size=4)
WEIGHTS = st.dictionaries(
    OWNERS,
    st.one_of(st.integers(1, 5), st.integers(1, 10**12), st.integers(1, 10**23)),
    min_size=1,
    max_size=25,
)
AMOUNTS = st.one_of(st.integers(0, 60), st.integers(0, EMISSION))


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared vectors are not beside this clone")
def test_the_shared_vectors_pass() -> None:
    for amount, weights, expected in json.loads(VECTORS.read_text())["apportion"]:
        named = {f"owner-{place:03d}": weight for place, weight in enumerate(weights)}
        assert list(split(named, amount).values()) == expected


@given(WEIGHTS, AMOUNTS)
def test_a_split_is_the_plain_one(weights: Weights, amount: int) -> None:
    assert split(weights, amount) == plain_split(weights, amount)


@given(WEIGHTS, AMOUNTS, st.integers(0, EMISSION))
def test_a_capped_split_is_the_plain_one(weights: Weights, amount: int, cap: int) -> None:
    assert split(weights, amount, cap) == plain_capped(weights, amount, cap)


@given(WEIGHTS, AMOUNTS, st.integers(1, 40))
def test_a_tight_cap_is_kept_and_everything_is_paid(
    weights: Weights, amount: int, parts: int
) -> None:
    cap = amount // parts
    paid = split(weights, amount, cap)
    assert sum(paid.values()) == amount
    assert max(paid.values()) <= max(cap, -(-amount // len(weights)))
    assert paid == plain_capped(weights, amount, cap)


@given(WEIGHTS, AMOUNTS)
def test_everyone_gets_the_floor_or_the_ceiling_of_the_ideal_share(
    weights: Weights, amount: int
) -> None:
    paid, total = split(weights, amount), sum(weights.values())
    assert sum(paid.values()) == amount
    for owner, weight in weights.items():
        floor = weight * amount // total
        assert paid[owner] in (floor, floor + 1)
        assert paid[owner] == floor or weight * amount % total


@given(WEIGHTS, AMOUNTS, st.one_of(st.none(), st.integers(0, 1000)))
def test_a_larger_weight_never_gets_less(weights: Weights, amount: int, cap: int | None) -> None:
    paid = split(weights, amount, cap)
    in_order = sorted(weights, key=lambda owner: weights[owner])
    for less, more in pairwise(in_order):
        assert paid[less] <= paid[more] or weights[less] == weights[more]


@given(WEIGHTS, AMOUNTS, st.one_of(st.none(), st.integers(0, 1000)), st.randoms())
def test_the_order_of_the_rows_does_not_matter(
    weights: Weights, amount: int, cap: int | None, random
) -> None:
    frame = as_frame(weights)
    order = list(range(frame.height))
    random.shuffle(order)
    assert apportion(frame[order], amount, cap).equals(apportion(frame, amount, cap))


SPLITTING = """
import hashlib
import polars as pl
from seasons.allocation import apportion

weights = [number * 7919 % 1009 for number in range(50_000)]  # many ties, some zeros
owners = [f"o{number * 7 % 50_000:05d}" for number in range(50_000)]
frame = pl.DataFrame({"owner_id": owners, "weight": pl.Series(weights, dtype=pl.Int128)})
for cap in (None, 10**13 // 30_000):
    rows = apportion(frame, 10**13, cap).rows()
    print(hashlib.sha256(repr(rows).encode()).hexdigest())
"""


def test_the_number_of_threads_does_not_matter() -> None:
    printed = {
        subprocess.run(
            [sys.executable, "-c", SPLITTING],
            env=os.environ | {"POLARS_MAX_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "2", "5")
    }
    assert len(printed) == 1


def test_ties_go_to_the_owner_who_comes_first() -> None:
    assert split({"b": 1, "a": 1, "C": 1}, 10) == {"C": 4, "a": 3, "b": 3}


def test_zero_weights_get_no_row() -> None:
    assert split({"a": 0, "b": 1}, 3) == {"b": 3}


def test_a_week_of_a_hundred_thousand_owners_adds_up() -> None:
    weights = {f"o{number:06d}": number * number + 1 for number in range(100_000)}
    paid = apportion(as_frame(weights), EMISSION, EMISSION // 50_000)
    assert sum(paid["micropoints"].to_list()) == EMISSION
    assert paid["micropoints"].max() == EMISSION // 50_000


@pytest.mark.parametrize(
    ("weights", "amount", "message"),
    [
        ({"a": -1}, 1, "negative"),
        ({}, 1, "nobody"),
        ({"a": 0}, 1, "nobody"),
        ({"a": 1}, -1, "cannot be split"),
        ({"a": 10**25}, 1, "reaches 10"),
        ({"a": 10**24}, 10**18, "128 bits"),
    ],
)
def test_what_cannot_be_split_is_refused(weights: Weights, amount: int, message: str) -> None:
    with pytest.raises(AllocationError, match=message):
        split(weights, amount)


def test_an_owner_with_two_weights_is_refused() -> None:
    doubled = pl.concat([as_frame({"a": 1}), as_frame({"a": 2})])
    with pytest.raises(AllocationError, match="two weights"):
        apportion(doubled, 5)


# The pools of a week ------------------------------------------------------------------------------


def pool(name: str, share_bps: int, **more) -> Pool:
    return Pool(
        **{"name": name, "share_bps": share_bps, "measure": "fees_usd", "curve": LINEAR} | more
    )


def referral_pool(share_bps: int, **more) -> Pool:
    return pool("referrals", share_bps, measure=REFERRED_POINTS, **more)


def split_week(
    pools: list[Pool],
    values: dict[str, Weights],
    edges: list[tuple[str, str]] = (),
    *,
    emission: int = EMISSION,
    least: int = 1,
) -> Split:
    return split_emission(
        Formula(tuple(pools)),
        {name: as_frame(owners).rename({"weight": "value"}) for name, owners in values.items()},
        pl.DataFrame(
            {"referrer_id": [edge[0] for edge in edges], "referee_id": [edge[1] for edge in edges]},
            schema={"referrer_id": pl.String, "referee_id": pl.String},
        ),
        emission,
        Referral(minimum_earning_referees=least),
    )


def owners_of(result: Split) -> Weights:
    return dict(result.by_owner.iter_rows())


def of_pool(result: Split, name: str) -> Weights:
    paid = result.by_pool.filter(pl.col("pool") == name)
    return dict(paid.select("owner_id", "micropoints").iter_rows())


def test_each_pool_gets_its_share() -> None:
    result = split_week(
        [pool("x", 7500), pool("y", 2500)], {"x": {"a": 1, "b": 2}, "y": {"b": 9}}, emission=400
    )
    assert of_pool(result, "x") == {"a": 100, "b": 200}
    assert of_pool(result, "y") == {"b": 100}
    assert owners_of(result) == {"a": 100, "b": 300}
    assert result.referred.is_empty()


def test_pool_amounts_are_split_by_largest_remainder_and_ties_go_in_file_order() -> None:
    pools = [pool("z", 1), pool("y", 1), pool("x", 1)]
    assert share_amounts(pools, 10) == {"z": 4, "y": 3, "x": 3}
    assert share_amounts([pool("a", 3333), pool("b", 6667)], 10) == {"a": 3, "b": 7}


def test_a_pool_nobody_qualifies_for_is_respread_over_the_others() -> None:
    result = split_week(
        [pool("x", 5000), pool("empty", 2000, minimum_millionths=10), pool("y", 3000)],
        {"x": {"a": 1}, "empty": {"a": 9}, "y": {"b": 1}},
        emission=800,
    )
    assert owners_of(result) == {"a": 500, "b": 300}


def test_the_minimum_counts_and_who_just_meets_it_qualifies() -> None:
    result = split_week(
        [pool("x", 10_000, minimum_millionths=10)], {"x": {"a": 9, "b": 10, "c": 30}}, emission=400
    )
    assert owners_of(result) == {"b": 100, "c": 300}


def test_a_week_in_which_nobody_qualifies_is_not_issued() -> None:
    with pytest.raises(NobodyQualifies):
        split_week([pool("x", 9000), referral_pool(1000)], {"x": {"a": 0}}, [("r", "a")])


def test_a_pools_cap_holds_for_one_owner() -> None:
    whales = {"whale": 10**12} | {f"o{number}": 1 for number in range(99)}
    result = split_week([pool("x", 10_000, cap_bps=200)], {"x": whales}, emission=10_000)
    assert owners_of(result)["whale"] == 200


def test_the_referral_pool_pays_on_what_referees_earned_in_the_others() -> None:
    result = split_week(
        [pool("x", 9000), referral_pool(1000)],
        {"x": {"a": 1, "b": 2, "c": 6}},
        [("r", "a"), ("s", "b"), ("r", "c")],
        emission=1000,
    )
    assert of_pool(result, "x") == {"a": 100, "b": 200, "c": 600}
    assert of_pool(result, "referrals") == {"r": 78, "s": 22}  # 700 : 200 of 100
    assert result.referred.rows() == [("r", "a", 11), ("r", "c", 67), ("s", "b", 22)]


def test_points_of_referees_of_referees_do_not_count() -> None:
    result = split_week(
        [pool("x", 5000), referral_pool(5000)],
        {"x": {"c": 1}},
        [("a", "b"), ("b", "c")],
        emission=1000,
    )
    assert of_pool(result, "referrals") == {"b": 500}


def test_where_no_affiliate_qualifies_the_other_pools_get_everything() -> None:
    for edges, least in (([], 1), ([("r", "idle")], 1), ([("r", "a")], 2)):
        result = split_week(
            [pool("x", 9000), referral_pool(1000)], {"x": {"a": 1}}, edges, least=least
        )
        assert owners_of(result) == {"a": EMISSION}
        assert result.referred.is_empty()


def test_affiliates_need_enough_referees_who_earned() -> None:
    edges = [("r", "a"), ("r", "b"), ("s", "c"), ("s", "idle")]
    result = split_week(
        [pool("x", 9000), referral_pool(1000)],
        {"x": {"a": 1, "b": 1, "c": 1}},
        edges,
        emission=1000,
        least=2,
    )
    assert of_pool(result, "referrals") == {"r": 100}


VALUES = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 10**15), max_size=8)


@settings(max_examples=60)
@given(
    st.lists(VALUES, min_size=1, max_size=3),
    st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from("rstuv"), max_size=8),
    st.integers(1, 3),
    st.one_of(st.none(), st.integers(1, 10_000)),
    st.integers(1, EMISSION),
)
def test_every_week_adds_up_and_referrals_are_attributed_whole(
    values: list[Weights], referrers: dict[str, str], least: int, cap: int | None, emission: int
) -> None:
    share = 9000 // len(values)
    pools = [pool(f"p{number}", share, cap_bps=cap) for number in range(len(values))]
    pools.append(referral_pool(10_000 - share * len(values), cap_bps=cap))
    edges = [(referrer, referee) for referee, referrer in referrers.items()]
    named = {f"p{number}": owners for number, owners in enumerate(values)}
    if not any(amount for owners in values for amount in owners.values()):
        with pytest.raises(NobodyQualifies):
            split_week(pools, named, edges, emission=emission, least=least)
        return
    result = split_week(pools, named, edges, emission=emission, least=least)
    assert sum(result.by_owner["micropoints"].to_list()) == emission
    assert sum(result.by_pool["micropoints"].to_list()) == emission
    assert result.by_owner["micropoints"].min() > 0
    referred: Weights = {}
    for owner, referee, micropoints in result.referred.iter_rows():
        assert referrers[referee] == owner
        assert micropoints > 0
        referred[owner] = referred.get(owner, 0) + micropoints
    assert referred == of_pool(result, "referrals")
