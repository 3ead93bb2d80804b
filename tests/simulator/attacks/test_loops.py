"""A10 lends what it borrowed, and holds what it holds at midnight."""

import polars as pl

from simulator.season import DAY, MINUTE


def most_lent(rows, members: pl.DataFrame) -> pl.DataFrame:
    """What members had lent and borrowed at most."""
    loans = rows["balances"].join(members.select("account_id", "capital"), on="account_id")
    most = loans.group_by("account_id", "capital", "kind").agg(pl.col("amount_usd").max())
    lent, borrowed = (most.filter(kind=kind) for kind in ("lent", "borrowed"))
    return lent.join(borrowed, on="account_id", suffix="_borrowed")


def test_more_is_lent_than_there_is_and_most_of_it_was_borrowed(of, rows) -> None:
    members = of("A10", 1)
    both = most_lent(rows, members)
    assert len(both) > len(members) // 2
    assert (both["amount_usd"] > 2 * both["capital"]).all()
    assert (both["amount_usd_borrowed"] > both["amount_usd"] // 2).all()


def test_loops_by_hand_differ_as_those_of_the_innocent_do(world, of, rows) -> None:
    innocent = world.people.filter(pl.col("pattern") == "leveraged_staker")
    for members in (of("A10", 2, 3), innocent):
        both = most_lent(rows, members)
        assert len(both) > len(members) // 2
        times = both["amount_usd"] / both["capital"]
        part = both["amount_usd_borrowed"] / both["amount_usd"]
        assert times.min() < 1 < times.max()
        assert part.n_unique() > len(both) // 2


def test_what_one_borrows_goes_to_the_next_inside_the_exchange(of, seen) -> None:
    members = of("A10", 1, 2)
    inside = seen("transfers", members, "source").filter(kind="internal")
    following = dict(members.select("account_id", to=pl.col("account_id").shift(-1)).iter_rows())
    assert len(inside)
    assert all(
        following[source] == to for source, to in inside.select("source", "destination").rows()
    )


def test_or_by_wallets_of_its_own_days_later(of, rows, seen) -> None:
    members = of("A10", 3)
    assert seen("transfers", members, "source").filter(kind="internal").is_empty()
    transfers = rows["transfers"]
    out = transfers.filter(pl.col("source").is_in(members["account_id"].to_list()))
    hop = out.join(transfers, left_on="destination", right_on="source", suffix="_on")
    back = hop.join(transfers, left_on="destination_on", right_on="source", suffix="_back")
    back = back.filter(pl.col("destination_back").is_in(members["account_id"].to_list()))
    assert len(back)
    assert (back["ts_back"] - back["ts"] >= DAY).all()
    assert (back["source"] != back["destination_back"]).all()


def test_positions_are_parked_over_midnight_for_minutes_and_then_for_hours(of, seen) -> None:
    def distance(level: int) -> pl.Series:
        fills = seen("fills", of("A10", level), "taker_id")
        past = fills["ts"] % DAY
        return pl.Series([min(at, DAY - at) for at in past.to_list()])

    parked = distance(2) <= 25 * MINUTE
    assert parked.mean() > 0.5
    assert (distance(1) <= 25 * MINUTE).mean() < 0.2
    assert (distance(3) <= 25 * MINUTE).mean() < 0.3


def test_collateral_is_split_evenly_at_first_and_unevenly_at_last(of) -> None:
    spread = (pl.col("capital").max() / pl.col("capital").min()).alias("spread")
    easy, hard = (of("A10", level).group_by("group_id").agg(spread)["spread"] for level in (1, 3))
    assert easy.max() < 1.3 < hard.max()
