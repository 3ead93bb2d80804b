"""A8 is somebody else's account until it changes hands."""

import polars as pl
import pytest

from simulator.season import DAY


@pytest.fixture(scope="module")
def shown(of, seen):
    """Logins of a level, with what the account was and becomes."""

    def logins(level: int) -> pl.DataFrame:
        members = of("A8", level).select("account_id", "switch_at", "next_device", "device")
        return seen("logins", of("A8", level)).join(members, on="account_id")

    return logins


@pytest.mark.parametrize("level", [1, 2, 3])
def test_before_the_change_the_first_owner_logs_in(level, shown) -> None:
    before = shown(level).filter(pl.col("ts") < pl.col("switch_at"))
    assert len(before)
    assert not (before["device_id"] == before["next_device"]).any()


def test_after_it_the_buyer_does_and_at_harder_levels_the_seller_too(shown) -> None:
    bought = []
    for level in (1, 2, 3):
        after = shown(level).filter(pl.col("ts") >= pl.col("switch_at"))
        bought.append((after["device_id"] == after["next_device"]).mean())
    assert bought[0] == 1
    assert 0.5 < bought[1] < 0.9
    assert 0.3 < bought[2] < 0.7


def test_a_studio_shares_phones_then_none(of) -> None:
    users = [of("A8", level).group_by("next_device").len()["len"].max() for level in (1, 2, 3)]
    assert users[0] in (3, 4)
    assert users[1:] == [2, 1]


def test_a_studio_shares_a_network_and_later_comes_as_mobile_users_do(world, of) -> None:
    easy = of("A8", 1).group_by("group_id").agg(pl.col("next_ip").n_unique())
    assert (easy["next_ip"] == 1).all()
    assert set(of("A8", 3)["next_ip"]) <= set(world.exchange.site.pools["carrier"])


def test_an_easy_one_moves_country_and_a_hard_one_stays(of, seen) -> None:
    for level, moves in ((1, True), (3, False)):
        members = of("A8", level).select("account_id", "switch_at", "country", "next_country")
        rows = seen("accounts", of("A8", level)).join(members, on="account_id")
        at_switch = rows.filter(pl.col("changed_at") == pl.col("switch_at"))
        assert bool(len(at_switch)) == moves
        assert (at_switch["country"] == at_switch["next_country"]).all()


def test_it_trades_a_little_until_a_studio_takes_over(of, seen, world) -> None:
    members = of("A8", 1)
    fills = seen("fills", members, "taker_id").join(
        members.select("account_id", "switch_at"), left_on="taker_id", right_on="account_id"
    )
    first_weeks = fills.filter(pl.col("ts") < pl.col("switch_at"))
    days_before = (members["switch_at"] - world.exchange.plan.start).sum() / DAY
    changed = fills.filter(pl.col("ts") >= pl.col("switch_at") + 7 * DAY)
    ends = world.exchange.plan.end
    days_after = (ends - members["switch_at"] - 7 * DAY).clip(0).sum() / DAY
    assert len(changed) / days_after > 1.5 * len(first_weeks) / days_before


def test_aged_accounts_are_verified_and_withdraw_to_the_new_sink(of, seen) -> None:
    members = of("A8")
    assert (members["kyc_level"] == 2).all()
    sent = seen("transfers", members, "source").filter(kind="withdrawal")
    pairs = sent.join(
        members.select("account_id", "next_sink", "switch_at"),
        left_on="source",
        right_on="account_id",
    )
    pairs = pairs.filter(pl.col("ts") >= pl.col("switch_at"))
    assert len(pairs)
    assert (pairs["destination"] == pairs["next_sink"]).all()
