"""A season file says who may earn and when; a wrong one says what is wrong with it."""

from datetime import UTC, datetime

import pytest

from seasons.terms import TIERS, Terms, parse_terms
from warehouse.errors import SeasonError

GOOD = """
season = 3
opens = 2025-09-11T00:00:00Z
first_cutoff = 2025-09-18T00:00:00Z
"""


def test_what_a_season_file_leaves_out_has_a_default():
    terms = parse_terms(GOOD)
    assert terms.emission == 10_000_000_000_000
    assert terms.calendar.week(1).issue_at == datetime(2025, 9, 19, 2, tzinfo=UTC)
    assert terms.eligibility.excluded_kinds == ("system", "market_maker")


def test_terms_come_back_from_the_json_that_a_close_stores():
    terms = parse_terms(GOOD + '[eligibility]\nexcluded_countries = ["KP", "IR"]\n')
    assert Terms.model_validate_json(terms.model_dump_json()) == terms


def test_tiers_rise_from_bronze_at_zero():
    thresholds = parse_terms(GOOD).tiers.thresholds()
    assert tuple(name for name, _ in thresholds) == TIERS
    assert thresholds[0][1] == 0
    assert [floor for _, floor in thresholds] == sorted(floor for _, floor in thresholds)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("weeks = 0", r"weeks is 0: .*greater than or equal to 1"),
        ("emission_points = 10000001", r"emission_points is 10000001"),
        ('weeks = "ten"', r"weeks is 'ten'"),
        ("seasons = 3", r"seasons is 3: extra inputs"),
        ("[eligibility]\nexcluded_countries = ['usa']", r"eligibility.excluded_countries.0"),
        (
            "[eligibility]\nexcluded_countries = ['Korea']",
            r"string should match pattern '\^\[A-Z\]\{2\}\$",
        ),
        ("[eligibility]\nexcluded_kinds = ['whale']", r"'whale'"),
        ("[tiers]\nGold = 50", r"thresholds do not rise"),
        ("weeks =", r"is not TOML"),
    ],
)
def test_a_wrong_season_file_says_which_key_and_what_is_allowed(change, complaint):
    with pytest.raises(SeasonError, match=complaint):
        parse_terms(GOOD + change)


def test_a_season_without_a_zone_or_that_ends_before_it_opens_is_refused():
    with pytest.raises(SeasonError, match="must be UTC"):
        parse_terms(GOOD.replace("00:00Z", "00:00"))
    with pytest.raises(SeasonError, match="not before its first cutoff"):
        parse_terms(GOOD.replace("2025-09-18", "2025-09-10"))


BUDGET = '\n[[budget]]\nname = "gifts"\npoints = "12.5"\npurpose = "a gift"\n'


def test_budgets_are_declared_in_points_and_kept_in_micropoints():
    terms = parse_terms(GOOD + BUDGET)
    assert [(b.name, b.micropoints) for b in terms.budgets] == [("gifts", 12_500_000)]
    assert Terms.model_validate_json(terms.model_dump_json()) == terms


@pytest.mark.parametrize(
    ("was", "wrong", "complaint"),
    [
        ('"gifts"', '"Gifts"', "budget.0.name is 'Gifts'"),
        ('"12.5"', "12.5", "budget.0.points is 12.5"),
        ('"12.5"', '"-1"', "budget.0.points is '-1'"),
        ('"12.5"', '"1.0000001"', "budget.0.points"),
        ('"a gift"', '""', "budget.0.purpose"),
        ('"a gift"', f'"a gift"{BUDGET}', r"declared twice: \['gifts'\]"),
    ],
)
def test_a_wrong_budget_is_named(was, wrong, complaint):
    with pytest.raises(SeasonError, match=complaint):
        parse_terms(GOOD + BUDGET.replace(was, wrong))
