"""A14 changes what a notice named, and only A14 listens."""

import polars as pl
import pytest

from simulator.exchange import hear, open_exchange, play_week
from simulator.season import SeasonPlan

PLAN = SeasonPlan(5, accounts=4_000, weeks=3)


@pytest.fixture(scope="module")
def exchange():
    return play_week(open_exchange(PLAN), 1)[0]


@pytest.fixture(scope="module")
def hit(exchange):
    """The first account of each group of A14, and one of everybody else's."""
    firsts = exchange.people.filter(pl.col("seat") == 0)
    return firsts.filter((pl.col("pattern") == "A14") | (pl.col("group") == 0))


def told(hit: pl.DataFrame, *families: str) -> pl.DataFrame:
    return pl.concat(hit.select("account_id", family=pl.lit(family)) for family in families)


def after(exchange, hit, *families: str) -> pl.DataFrame:
    return hear(exchange, 1, told(hit, *families)).people


def of(people: pl.DataFrame, level: int) -> pl.DataFrame:
    return people.filter((pl.col("pattern") == "A14") & (pl.col("level") == level))


def test_everybody_else_goes_on_as_before(exchange, hit) -> None:
    people = after(exchange, hit, "device", "network", "funding", "referral")
    others = pl.col("pattern") != "A14"
    assert people.filter(others).equals(exchange.people.filter(others))
    assert people["account_id"].equals(exchange.people["account_id"])
    assert not people.equals(exchange.people)


def test_who_is_told_nothing_changes_nothing(exchange, hit) -> None:
    nobody = told(hit.filter(pl.col("pattern") != "A14"), "device")
    assert hear(exchange, 1, nobody).people.equals(exchange.people)


def test_the_same_notice_changes_the_same(exchange, hit) -> None:
    assert after(exchange, hit, "device").equals(after(exchange, hit, "device"))


@pytest.mark.parametrize(
    ("family", "changed", "kept"),
    [("device", "device", "sink"), ("funding", "sink", "device"), ("network", "roams", "sink")],
)
def test_the_signal_that_was_named_is_changed_and_no_other(
    exchange, hit, family, changed, kept
) -> None:
    before, now = of(exchange.people, 1), of(after(exchange, hit, family), 1)
    assert (now[changed].fill_null("") != before[changed].fill_null("")).all()
    assert now[kept].equals(before[kept])
    assert now["jitter"].equals(before["jitter"])
    if family != "network":
        assert not now[changed].is_duplicated().any()


def test_at_anything_else_it_trades_in_another_way(exchange, hit) -> None:
    before, now = of(exchange.people, 1), of(after(exchange, hit, "replay"), 1)
    assert (now["jitter"] > before["jitter"]).all()
    assert (now["aside_bps"] > before["aside_bps"]).all()


def test_hit_accounts_are_left_and_as_many_sleepers_wake(exchange, hit) -> None:
    before, now = of(exchange.people, 2), of(after(exchange, hit, "device"), 2)
    next_week = PLAN.span(2).start
    named = now["account_id"].is_in(hit["account_id"].to_list())
    assert (now.filter(named)["stops"] == next_week).all()
    asleep = before["starts"] >= PLAN.end
    assert asleep.any()
    woken = now.filter(asleep).filter(pl.col("starts") < PLAN.end)
    assert len(woken) == named.sum()
    assert (woken["starts"] > next_week).all()


def test_canaries_go_first_and_the_rest_change_before_they_start(exchange, hit) -> None:
    before, now = of(exchange.people, 3), of(after(exchange, hit, "device"), 3)
    rest = before["seat"] >= 3
    first = before.filter(~rest).group_by("group_id").agg(pl.col("starts").max())
    others = before.filter(rest).join(first, on="group_id", suffix="_canary")
    assert (others["starts"] > others["starts_canary"]).all()
    assert (now.filter(rest)["device"] != before.filter(rest)["device"]).all()
    named = now["account_id"].is_in(hit["account_id"].to_list())
    assert now.filter(named)["device"].equals(before.filter(named)["device"])


def test_what_was_changed_shows_in_the_logins_from_the_next_week_on(exchange, hit) -> None:
    changed = hear(exchange, 1, told(hit, "device"))
    _, rows = play_week(changed, 2)
    members = of(changed.people, 1)
    shown = rows["logins"].join(members, on="account_id")
    assert len(shown)
    assert (shown["device_id"] == shown["device"]).all()
    users = shown.group_by("device_id").agg(pl.col("account_id").n_unique())
    assert (users["account_id"] == 1).all()


SAID = {
    "fills": ("ts", "market", "taker_side", "price", "quantity", "taker_id"),
    "transfers": ("ts", "source", "destination", "amount_usd", "kind", "asset"),
    "referrals": ("ts", "referrer_id", "referee_id"),
    "logins": ("ts", "account_id", "ip", "device_id", "user_agent"),
}


def test_what_it_does_moves_nothing_of_what_strangers_do(exchange, hit) -> None:
    """Who never traded with it has the same trades and money, whether or not it listens."""
    _, calm = play_week(exchange, 2)
    _, stirred = play_week(after_told(exchange, hit), 2)
    mine = exchange.people.filter(pattern="A14")["account_id"].implode()
    met = pl.concat(
        rows["fills"].filter(pl.col(one).is_in(mine)).select(account_id=other)
        for rows in (calm, stirred)
        for one, other in (("maker_id", "taker_id"), ("taker_id", "maker_id"))
    )
    firms = exchange.people.filter(kind="market_maker").select("account_id")
    near = pl.concat([met, firms])["account_id"].unique()
    strangers = exchange.people.filter(
        pl.col("pattern") != "A14", ~pl.col("account_id").is_in(near.implode())
    )
    keys = {
        "fills": "taker_id",
        "transfers": "source",
        "referrals": "referee_id",
        "logins": "account_id",
    }
    for kind, columns in SAID.items():
        theirs = pl.col(keys[kind]).is_in(strangers["account_id"].implode())
        if kind == "fills":
            theirs &= pl.col("busts").is_null() & pl.col("wrong").is_null()
        one, other = (rows[kind].filter(theirs).select(columns) for rows in (calm, stirred))
        assert len(one)
        assert one.sort(columns).equals(other.sort(columns)), kind
    assert (
        not calm["fills"].drop("fill_id", "busts").equals(stirred["fills"].drop("fill_id", "busts"))
    )


def after_told(exchange, hit):
    return hear(exchange, 1, told(hit, "device", "network", "funding", "replay"))
