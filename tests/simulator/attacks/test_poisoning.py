"""A12 ties strangers to itself, by what one side can do alone."""

import polars as pl
import pytest

from simulator.people import truth
from simulator.season import USD


@pytest.fixture(scope="module")
def dust(of, seen, rows):
    """What a level of farms sends to accounts that are not of its group."""

    def sent(level: int) -> pl.DataFrame:
        members = of("A12", level)
        senders = pl.concat([members["account_id"], members["funder"]]).unique().to_list()
        own = members["account_id"].to_list()
        transfers = rows["transfers"].filter(pl.col("kind").is_in(["deposit", "internal"]))
        return transfers.filter(pl.col("source").is_in(senders) & ~pl.col("destination").is_in(own))

    return sent


def test_the_targeted_are_innocent_and_named_in_the_truth(world, dust) -> None:
    known = truth(world.people, world.exchange.planted.targeted)
    targeted = known.filter("targeted")
    assert len(targeted) > 10
    assert not targeted["farm"].any()
    for level in (1, 2, 3):
        assert set(dust(level)["destination"]) <= set(targeted["account_id"])


def test_dust_is_small_until_it_is_like_what_they_hold(dust) -> None:
    assert len(dust(1))
    assert dust(1)["amount_usd"].max() <= 5 * USD
    assert dust(2)["amount_usd"].max() <= 5 * USD
    assert dust(3)["amount_usd"].max() > 5 * USD
    assert "internal" in set(dust(3)["kind"])


def test_the_last_level_aims_at_the_largest(world, dust) -> None:
    retail = world.people.filter((pl.col("kind") == "retail") & ~pl.col("farm"))
    turnover = retail["size"] * retail["pace"]
    largest = set(retail.filter(turnover.rank("ordinal", descending=True) <= 110)["account_id"])
    assert set(dust(3)["destination"]) <= largest
    assert not set(dust(1)["destination"]) <= largest


def test_links_are_spread_and_public_networks_used_from_the_second_level(world, of, rows) -> None:
    farm = of("A12")["account_id"].to_list()
    links = world.exchange.planted.referrals.filter(pl.col("referrer_id").is_in(farm))
    visits = world.exchange.planted.logins.filter(pl.col("account_id").is_in(farm))
    easy = set(of("A12", 1)["account_id"])
    harder = set(of("A12", 2, 3)["account_id"])
    assert set(links["referrer_id"]) <= harder
    assert set(visits["account_id"]) <= harder
    assert not easy & harder
    pools = world.exchange.site.pools
    assert set(visits["ip"]) <= {*pools["vpn"], *pools["carrier"]}
    shared = rows["logins"].filter(pl.col("ip").is_in(visits["ip"].unique().to_list()))
    assert shared["account_id"].n_unique() > 100


def test_links_bind_newcomers_alone(world, of, rows) -> None:
    farm = of("A12")["account_id"].to_list()
    firsts = rows["referrals"].sort("ts").unique("referee_id", keep="first", maintain_order=True)
    bound = firsts.filter(pl.col("referrer_id").is_in(farm))
    people = world.people.select("account_id", "opened", "farm")
    bound = bound.join(people, left_on="referee_id", right_on="account_id")
    assert (bound["opened"] >= world.exchange.plan.start).all()
    attempts = rows["referrals"].filter(pl.col("referrer_id").is_in(farm))
    assert len(bound) < len(attempts)


def test_the_farm_itself_is_easy_to_find(of, logins, sinks) -> None:
    assert (logins(of("A12"))["devices"] <= 2).all()
    assert not sinks(of("A12"))["group_id"].is_duplicated().any()
