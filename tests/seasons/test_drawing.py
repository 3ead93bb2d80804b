"""Drawing: a seed and a family give one formula, always inside the ranges."""

import hashlib
import hmac
import json
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seasons.drawing import Numbers, draw, parse_family, week_seed
from seasons.formula_files import parse_formula, read_document, write_document
from warehouse.errors import FormulaError

FAMILY = """
[[pool]]
name = "perpetuals"
share_bps = [3000, 5000]
measure = "perp_notional_usd"
curve = [{ kind = "linear" }, { kind = "power", tenths = 9 }, { kind = "tiers", tiers = [[0, 1]] }]
minimum = ["50", "100"]
cap_bps = [100, 300]
boosts.maker_bps = [10000, 13000]
boosts.market = { "SOL-PERP" = [9000, 12000] }
boosts.tier = { Gold = 11000 }

[[pool]]
name = "fees"
share_bps = [4000, 8000]
measure = "net_fees_usd"
curve = { kind = "linear" }

[[pool]]
name = "lending"
share_bps = [0, 1500]
measure = "lent_usd_hours"
curve = { kind = "log" }
"""
RECORDED_SHA256 = "55f5c613c91c674db362e5de650f504ed15aa6d8898b719ad7f69d8e2e4abe35"
SEEDS = st.binary(min_size=32, max_size=32)


def test_the_seed_is_the_hmac_of_the_weeks_label() -> None:
    expected = hmac.new(b"k" * 32, b"S1W05", hashlib.sha256).digest()
    assert week_seed(b"k" * 32, "S1W05") == expected


def test_a_number_is_the_documented_block_of_the_seed() -> None:
    seed = b"s" * 32
    blocks = [
        int.from_bytes(hmac.new(seed, n.to_bytes(8, "big"), hashlib.sha256).digest(), "big")
        for n in range(3)
    ]
    numbers = Numbers(seed)
    assert numbers.between(7, 7) == 7  # nothing is drawn
    assert [numbers.between(0, 99) for _ in blocks] == [block % 100 for block in blocks]


@given(SEEDS, st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_number_lies_in_its_range(seed: bytes, low: int, width: int) -> None:
    assert low <= Numbers(seed).between(low, low + width) <= low + width


@given(SEEDS)
def test_every_draw_is_a_valid_formula_inside_the_ranges(seed: bytes) -> None:
    formula = draw(parse_family(FAMILY), seed)
    assert read_document(write_document(formula)) == formula
    assert sum(pool.share_bps for pool in formula.pools) == 10_000
    pools = {pool.name: pool for pool in formula.pools}
    perpetuals = pools["perpetuals"]
    assert 3000 <= perpetuals.share_bps <= 5000
    assert 4000 <= pools["fees"].share_bps <= 8000
    assert "lending" not in pools or 1 <= pools["lending"].share_bps <= 1500
    assert perpetuals.minimum_millionths in (50_000_000, 100_000_000)
    assert perpetuals.cap_bps is not None
    assert 100 <= perpetuals.cap_bps <= 300
    assert 10_000 <= perpetuals.boosts.maker_bps <= 13_000
    assert 9_000 <= perpetuals.boosts.market["SOL-PERP"] <= 12_000
    assert perpetuals.boosts.tier == {"Gold": 11_000}


@given(SEEDS)
def test_shares_can_be_redrawn_from_the_documentation_alone(seed: bytes) -> None:
    blocks = (hmac.new(seed, n.to_bytes(8, "big"), hashlib.sha256).digest() for n in range(99))
    ranges = {0: (3000, 5000), 1: (4000, 8000), 2: (0, 1500)}
    order = [0, 1, 2]
    for place in (2, 1):
        other = int.from_bytes(next(blocks), "big") % (place + 1)
        order[place], order[other] = order[other], order[place]
    shares: dict[int, int] = {}
    for drawn, index in enumerate(order, start=1):
        rest = 10_000 - sum(shares.values())
        low = max(ranges[index][0], rest - sum(ranges[later][1] for later in order[drawn:]))
        high = min(ranges[index][1], rest - sum(ranges[later][0] for later in order[drawn:]))
        span = high - low + 1
        shares[index] = low + (int.from_bytes(next(blocks), "big") % span if span > 1 else 0)
    names = ("perpetuals", "fees", "lending")
    expected = {name: shares[index] for index, name in enumerate(names) if shares[index]}
    formula = draw(parse_family(FAMILY), seed)
    assert {pool.name: pool.share_bps for pool in formula.pools} == expected


def test_a_recorded_draw_never_changes() -> None:
    formula = draw(parse_family(FAMILY), b"\x01" * 32)
    text = json.dumps(write_document(formula), sort_keys=True)
    assert hashlib.sha256(text.encode()).hexdigest() == RECORDED_SHA256


def test_weeks_differ() -> None:
    family = parse_family(FAMILY)
    formulas = [draw(family, week_seed(b"k" * 32, f"S1W{week:02d}")) for week in range(1, 11)]
    assert len({str(formula) for formula in formulas}) == len(formulas)


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ("[3000, 5000]", "[5000, 3000]", "not above"),
        ("[4000, 8000]", "[400, 800]", "from 3,400 to 7,300 bps in all cannot add up"),
        ("[3000, 5000]", "[7000, 8000]", "cannot add up"),
        ("[3000, 5000]", "[3000]", "'perpetuals'"),
        ('["50", "100"]', "[]", "at least one choice"),
        ("perp_notional_usd", "trading_days", "mean nothing for"),
        ("[100, 300]", "[0, 300]", "'perpetuals': cap_bps is 0"),
        ('name = "fees"', 'name = "perpetuals"', "more than one is called"),
        ("measure = ", "measures = ", "did you mean 'measure'"),
    ],
)
def test_a_mistake_in_a_family_is_explained(written: str, instead: str, said: str) -> None:
    assert written in FAMILY
    with pytest.raises(FormulaError) as refused:
        parse_family(FAMILY.replace(written, instead))
    assert said in str(refused.value)


def test_a_family_must_leave_a_pool_that_pays() -> None:
    only_maybe = FAMILY.replace("[3000, 5000]", "[0, 5000]").replace("[4000, 8000]", "[0, 8000]")
    with pytest.raises(FormulaError, match="leave nobody to be paid"):
        parse_family(only_maybe)


def test_the_presets_can_be_read() -> None:
    presets = files("jobs").joinpath("presets")
    parse_formula(presets.joinpath("formula.toml").read_text("utf-8"))
    parse_family(presets.joinpath("family.toml").read_text("utf-8"))
