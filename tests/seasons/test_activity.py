"""Values of measures: exact sums, boosts as exact fractions, and one floor at the end."""

from collections import defaultdict
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seasons.activity import MEASURE_BY_NAME, MEASURES, measure_values, scope_of
from seasons.calendar import BACKPACK
from seasons.formulas import BPS, Boosts, Curve, CurveKind, Formula, Pool
from seasons.terms import TIERS, Eligibility
from warehouse.errors import AllocationError
from warehouse.frames import Activity, Scope

WEEK = BACKPACK[0].week(1)
MARKETS = ("BTC", "SOL")
SUMS = ("spot_notional", "perp_notional", "equity_notional", "fees", "net_fees", "realised_pnl_abs")
NO_TIERS = pl.DataFrame(schema={"owner_id": pl.String, "tier": pl.String})


def activity(
    fills: list[tuple[object, ...]] | None = None,
    balances: list[tuple[str, str, int]] | None = None,
    presence: list[tuple[str, int, int]] | None = None,
    referrals: list[tuple[str, str]] | None = None,
) -> Activity:
    """Return an activity; a fill is (owner, market, role, six sums)."""

    def frame(rows: list[tuple[object, ...]] | None, **schema: pl.DataType) -> pl.DataFrame:
        return pl.DataFrame(rows or [], schema=schema, orient="row")

    text, whole, wide = pl.String(), pl.Int64(), pl.Int128()
    sums = dict.fromkeys(SUMS, wide)
    return Activity(
        week=WEEK,
        scope=Scope((), MARKETS),
        fills=frame(fills, owner_id=text, market=text, role=text, **sums),
        presence=frame(presence, owner_id=text, trading_days=whole, markets_traded=whole),
        balances=frame(balances, owner_id=text, kind=text, usd_time=wide),
        accounts=frame(None, account_id=text, owner_id=text),
        unknown=frame(None, account_id=text),
        referrals=frame(referrals, referrer_id=text, referee_id=text),
    )


def pool(measure: str, **boosts: object) -> Pool:
    return Pool("p", BPS, measure, Curve(CurveKind.LINEAR), boosts=Boosts(**boosts))


def values(done: Activity, paid_for: Pool, tiers: pl.DataFrame = NO_TIERS) -> dict[str, int]:
    return dict(measure_values(done, paid_for, tiers).iter_rows())


def spot(owner: str, market: str, role: str, units: int) -> tuple[object, ...]:
    return (owner, market, role, units, 0, 0, 0, 0, 0)


def test_the_measures_are_those_of_the_design() -> None:
    names = (
        "spot_notional_usd perp_notional_usd equity_notional_usd maker_notional_usd "
        "taker_notional_usd fees_usd net_fees_usd realised_pnl_abs_usd open_interest_usd_hours "
        "lent_usd_hours borrowed_usd_hours collateral_usd_hours trading_days markets_traded "
        "active_referees referred_net_fees_usd referred_points"
    )
    assert [measure.name for measure in MEASURES] == names.split()


amounts = st.one_of(st.integers(0, 20_000), st.integers(0, 10**20))
bps = st.integers(0, 30_000)


@settings(max_examples=80, deadline=None)
@given(
    fills=st.dictionaries(
        st.tuples(
            st.sampled_from(["ann", "bob"]),
            st.sampled_from(["", *MARKETS]),
            st.sampled_from(["maker", "taker"]),
        ),
        st.tuples(*[amounts] * len(SUMS)),
    ),
    boosts=st.builds(
        Boosts,
        maker_bps=bps,
        market=st.dictionaries(st.sampled_from(MARKETS), bps),
        tier=st.dictionaries(st.sampled_from(TIERS), bps),
    ),
    tier=st.sampled_from([None, *TIERS]),
)
def test_boosted_sums_are_floored_once_from_the_exact_fraction(
    fills: dict[tuple[str, str, str], tuple[int, ...]], boosts: Boosts, tier: str | None
) -> None:
    done = activity([(*key, *sums) for key, sums in fills.items()])
    tiers = NO_TIERS if tier is None else pl.DataFrame({"owner_id": ["ann"], "tier": [tier]})
    for name in [measure.name for measure in MEASURES if measure.by_market]:
        exact: dict[str, Fraction] = defaultdict(Fraction)
        for (owner, market, role), sums in fills.items():
            factor = Fraction(boosts.market.get(market, BPS), BPS)
            factor *= Fraction(boosts.maker_bps if role == "maker" else BPS, BPS)
            standing = (tier or "Bronze") if owner == "ann" else "Bronze"
            factor *= Fraction(boosts.tier.get(standing, BPS), BPS)
            exact[owner] += plain_amount(name, role, sums) * factor
        expected = {owner: int(value * 10**6) for owner, value in sorted(exact.items())}
        expected = {owner: value for owner, value in expected.items() if value > 0}
        boosted = Pool("p", BPS, name, Curve(CurveKind.LINEAR), boosts=boosts)
        assert values(done, boosted, tiers) == expected


def plain_amount(name: str, role: str, sums: tuple[int, ...]) -> Fraction:
    if name in {"maker_notional_usd", "taker_notional_usd"}:
        units = sum(sums[:3]) if name.startswith(role) else 0
    else:
        units = sums[SUMS.index(name.removesuffix("_usd"))]
    return Fraction(units, 10**10)


def test_parts_below_a_millionth_add_up_before_the_floor() -> None:
    done = activity([spot("ann", "", "maker", 6_000), spot("ann", "BTC", "maker", 6_000)])
    assert values(done, pool("spot_notional_usd")) == {"ann": 1}


def test_an_owner_below_a_millionth_is_left_out() -> None:
    assert values(activity([spot("ann", "", "maker", 9_999)]), pool("spot_notional_usd")) == {}


def test_dollar_hours_are_floored_to_millionths_and_boosted_by_tier() -> None:
    hour = 10**10 * 3_600 * 10**6
    done = activity(balances=[("ann", "lent", hour // 3), ("bob", "lent", hour)])
    gold = pl.DataFrame({"owner_id": ["bob"], "tier": ["Gold"]})
    paid_for = pool("lent_usd_hours", tier={"Gold": 15_000})
    assert values(done, paid_for, gold) == {"ann": 333_333, "bob": 1_500_000}
    assert values(done, pool("open_interest_usd_hours")) == {}


def test_counts_are_whole_units() -> None:
    done = activity(presence=[("ann", 6, 61)])
    assert values(done, pool("trading_days")) == {"ann": 6 * 10**6}
    assert values(done, pool("markets_traded")) == {"ann": 61 * 10**6}


def test_a_referrer_is_measured_by_its_active_referees() -> None:
    dollar = 10**10
    done = activity(
        fills=[("bob", "", "maker", 0, 0, 0, 0, dollar, 0), ("bob", "", "taker", 0, 0, 0, 0, 5, 0)],
        presence=[("bob", 1, 1)],
        referrals=[("ann", "bob"), ("ann", "cat")],
    )
    assert values(done, pool("active_referees")) == {"ann": 10**6}
    assert values(done, pool("referred_net_fees_usd")) == {"ann": 10**6}


def test_referred_points_are_no_measure_of_the_events() -> None:
    with pytest.raises(ValueError, match="referred_points"):
        values(activity(), pool("referred_points"))


def test_a_market_that_was_not_kept_apart_cannot_be_boosted() -> None:
    with pytest.raises(ValueError, match="XRP"):
        values(activity(), pool("fees_usd", market={"XRP": 11_000}))


def test_a_value_beyond_128_bits_is_refused_before_it_wraps() -> None:
    done = activity([spot("ann", "BTC", "maker", 10**37)])
    assert values(done, pool("spot_notional_usd")) == {"ann": 10**33}
    with pytest.raises(AllocationError, match="more than 128 bits"):
        values(done, pool("spot_notional_usd", market={"BTC": 10_001}, maker_bps=10_001))


def test_the_scope_keeps_apart_what_a_formula_boosts() -> None:
    pools = (pool("fees_usd", market={"SOL": 1}), pool("spot_notional_usd", market={"BTC": 1}))
    terms = Eligibility(excluded_kinds=("system", "institution"))
    assert scope_of(Formula(pools), terms) == Scope(("institution", "system"), ("BTC", "SOL"))


def test_what_splitting_copies_is_said_of_days_and_markets_alone() -> None:
    copied = {measure.name for measure in MEASURES if measure.splitting == "copied"}
    assert copied == {"trading_days", "markets_traded"}
    assert MEASURE_BY_NAME["fees_usd"].by_market
