"""Formula files: what is written is what is read, and a mistake is explained."""

import pytest

from seasons.formula_files import decimal_text, parse_formula, read_document, write_document
from seasons.formulas import Boosts, Curve, CurveKind, Formula, Pool
from warehouse.errors import FormulaError

FILE = """
[[pool]]
name = "perpetuals"
share_bps = 4500
measure = "perp_notional_usd"
curve = { kind = "power", tenths = 9 }
minimum = "100"
cap_bps = 200
boosts = { maker_bps = 12000, market = { "SOL-PERP" = 11000 }, tier = { Gold = 10500 } }

[[pool]]
name = "days"
share_bps = 5500
measure = "trading_days"
curve = { kind = "tiers", tiers = [["0", "1"], [3, "0.25"]] }
"""


def test_a_file_becomes_its_formula() -> None:
    assert parse_formula(FILE) == Formula(
        (
            Pool(
                name="perpetuals",
                share_bps=4500,
                measure="perp_notional_usd",
                curve=Curve(CurveKind.POWER, tenths=9),
                minimum_millionths=100_000_000,
                cap_bps=200,
                boosts=Boosts(12_000, {"SOL-PERP": 11_000}, {"Gold": 10_500}),
            ),
            Pool(
                name="days",
                share_bps=5500,
                measure="trading_days",
                curve=Curve(CurveKind.TIERS, tiers=((0, 1_000_000), (3_000_000, 250_000))),
            ),
        )
    )


def test_a_document_holds_the_whole_formula() -> None:
    formula = parse_formula(FILE)
    assert read_document(write_document(formula)) == formula
    assert write_document(formula)["pool"][1] == {
        "name": "days",
        "share_bps": 5500,
        "measure": "trading_days",
        "curve": {"kind": "tiers", "tiers": [["0", "1"], ["3", "0.25"]]},
        "minimum": "0",
        "cap_bps": None,
        "boosts": {"maker_bps": 10_000, "market": {}, "tier": {}},
    }


def test_two_spellings_of_one_formula_have_one_document() -> None:
    other = FILE.replace('"0.25"', '"0.250000"').replace('"100"', '"0100.0"')
    assert write_document(parse_formula(other)) == write_document(parse_formula(FILE))


def test_decimals_are_written_in_shortest_form() -> None:
    assert [decimal_text(value) for value in (0, 1, 500_000, 100_000_000)] == [
        "0",
        "0.000001",
        "0.5",
        "100",
    ]


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ("share_bps = 4500", "share_bps = 4400", "add up to 9,900, not to 10,000"),
        ("share_bps = 4500", "share_bps = 0", "'perpetuals': share_bps is 0"),
        (
            "share_bps = 4500",
            'share_bps = "4500"',
            "share_bps is '4500', and should be a valid int",
        ),
        ("share_bps = 4500", "share_bp = 4500", "no key 'share_bp'; did you mean 'share_bps'"),
        ("cap_bps = 200", "cap_bps = 10001", "cap_bps is 10001"),
        ("cap_bps = 200", "cap_bps = 0", "cap_bps is 0"),
        ('minimum = "100"', "minimum = 100", "minimum is 100, and must be a decimal string"),
        ('minimum = "100"', 'minimum = "-1"', "not negative"),
        ('minimum = "100"', 'minimum = "1.0000001"', "6 behind the point"),
        ('minimum = "100"', 'minimum = "1e3"', "must be a decimal string"),
        ('minimum = "100"', 'minimum = "١"', "must be a decimal string"),
        ("perp_notional_usd", "perp_notonal_usd", "did you mean 'perp_notional_usd'"),
        ("perp_notional_usd", "profit", "known are spot_notional_usd"),
        ("perp_notional_usd", "trading_days", "mean nothing for 'trading_days'"),
        ("tenths = 9", "tenths = 10", "curve.tenths is 10"),
        (", tenths = 9", "", "a 'power' curve needs tenths"),
        ('"power", tenths = 9', '"log", tenths = 9', "tenths belongs to a 'power' curve"),
        ('"power"', '"powr"', "should be 'linear', 'power', 'log' or 'tiers'"),
        (
            'kind = "power", ',
            "",
            "curve.kind is missing; it may be 'linear', 'power', 'log', 'tiers'",
        ),
        ('["0", "1"]', '["1", "1"]', "must start from 0 and rise"),
        ("[3,", "[0,", "must start from 0 and rise"),
        ('[["0", "1"], [3, "0.25"]]', '[["0", "0"]]', "a rate above 0"),
        ("maker_bps = 12000", "maker_bps = 0", "boosts.maker_bps is 0"),
        ("maker_bps = 12000", "maker_bps = 100001", "boosts.maker_bps is 100001"),
        ("Gold = 10500", "Golden = 10500", "'Bronze', 'Silver', 'Gold'"),
        ("boosts = {", "boosts = { makers = 1,", "no key 'boosts.makers'"),
        ('name = "days"', 'name = "perpetuals"', "more than one is called 'perpetuals'"),
        ('name = "days"', 'name = "My days"', "lower case letters"),
        ('name = "days"', "", "pool number 2: name is missing"),
        ("[[pool]]", "[[pools]]", "no key 'pools'; did you mean 'pool'"),
        ("[[pool]]", "week = 5\n[[pool]]", "no key 'week'"),
        (FILE, "", "pool is missing"),
        (FILE, "pool = []", "needs a pool"),
        (FILE, "pool = 3", "pool is 3"),
        (FILE, "pool = [3]", "pool number 1"),
        (FILE, "[[pool", "not TOML"),
    ],
)
def test_a_mistake_is_explained(written: str, instead: str, said: str) -> None:
    assert written in FILE
    with pytest.raises(FormulaError) as refused:
        parse_formula(FILE.replace(written, instead))
    assert said in str(refused.value)


def test_a_curve_that_names_its_tiers_needs_no_kind() -> None:
    assert parse_formula(FILE.replace('kind = "tiers", ', "")) == parse_formula(FILE)


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(FormulaError) as refused:
        parse_formula(FILE.replace("tenths = 9", "tenths = 0").replace("5500", "true"))
    assert "'perpetuals': curve.tenths is 0" in str(refused.value)
    assert "'days': share_bps is True" in str(refused.value)


REFERRALS = """
[[pool]]
name = "{name}"
share_bps = {share}
measure = "referred_points"
curve = {{ kind = "linear" }}
"""


def test_the_referral_pool_comes_once_and_never_alone() -> None:
    with pytest.raises(FormulaError, match="needs a pool that does not pay on"):
        parse_formula(REFERRALS.format(name="r", share=10_000))
    twice = REFERRALS.format(name="r", share=500) + REFERRALS.format(name="s", share=0o1)
    with pytest.raises(FormulaError, match="only one pool may pay on"):
        parse_formula(FILE + twice)


def test_the_referral_pool_is_not_boosted() -> None:
    boosted = REFERRALS.format(name="r", share=10_000) + "boosts = { tier = { Gold = 11000 } }"
    with pytest.raises(FormulaError, match="cannot be boosted"):
        parse_formula(boosted)
