from rehearsal.scoring import score
from rehearsal.scoring.profit import ProfitScore
from tests.rehearsal.seasons_by_hand import POINT, Person, SeasonByHand, farm

USD = 1_000_000
HONEST = tuple(Person(f"h{n}") for n in range(3))


def of_farms(season: SeasonByHand) -> dict[tuple[str, str], ProfitScore]:
    return {(one.pattern, one.level): one for one in score([season.played()]).profit.farms}


def a_farm_beside_three_honest() -> SeasonByHand:
    return SeasonByHand((*farm("mill", 2), *HONEST)).with_rows(
        issued=(
            ("h0", 1, 10 * POINT, 0),
            ("h1", 1, 20 * POINT, 0),
            ("h2", 1, 60 * POINT, 0),
            ("mill-1", 1, 30 * POINT, 0),
            ("mill-2", 1, 0, 50 * POINT),
        ),
        # own, held, escrowed, redistributed, seized, restored
        ledger=(
            ("h0", 1, 12 * POINT, 0, 0, 2 * POINT, 0, 0),
            ("h1", 1, 22 * POINT, 0, 0, 2 * POINT, 0, 0),
            ("h2", 1, 66 * POINT, 0, 0, 6 * POINT, 0, 0),
            ("mill-1", 1, 8 * POINT, 0, 0, 0, 22 * POINT, 0),
            ("mill-2", 1, 0, 10 * POINT, 0, 0, 40 * POINT, 0),
        ),
        redistributed=(
            (1, "h0", 2 * POINT),
            (1, "h1", 2 * POINT),
            (1, "h2", 6 * POINT),
            (1, None, 52 * POINT),
        ),
        # account, week, paid, received for referees, traded
        fees=(
            ("h0", 1, 10 * USD, 0, 90 * USD),
            ("h1", 1, 10 * USD, 0, 90 * USD),
            ("h2", 1, 20 * USD, 0, 90 * USD),
            ("mill-1", 1, 9 * USD, 1 * USD, 90 * USD),
            ("mill-2", 1, 8 * USD, 0, 90 * USD),
        ),
    )


def test_a_farm_is_one_operator_however_many_accounts_it_has() -> None:
    mill = of_farms(a_farm_beside_three_honest())["A1", "L1"]
    assert (mill.operators, mill.accounts, mill.net_fees_micro_usd) == (1, 2, 16 * USD)
    assert (mill.issued, mill.kept, mill.at_most) == (80 * POINT, 8 * POINT, 18 * POINT)
    assert mill.per_usd.issued == 5.0
    assert mill.per_usd.kept == 0.5
    assert mill.per_usd.at_most == 1.125
    assert (mill.per_account.issued, mill.per_account.kept) == (40.0, 4.0)


def test_the_honest_median_is_of_people() -> None:
    honest = score([a_farm_beside_three_honest().played()]).profit.honest
    assert (honest.operators, honest.per_usd.issued, honest.per_account.issued) == (3, 2.0, 20.0)
    assert honest.per_usd.kept == 2.2


def five_farms_beside_three_honest() -> SeasonByHand:
    """The same farm five times over, under five names."""
    season = a_farm_beside_three_honest()
    mills = ("mill", "mall", "moll", "mull", "mell")
    rows = {
        name: tuple(
            (row[0].replace("mill", mill), *row[1:])
            for mill in mills
            for row in frame
            if mill == "mill" or str(row[0]).startswith("mill")
        )
        for name, frame in season.rows.items()
        if name != "redistributed"
    }
    spread = tuple((1, owner, points) for _, owner, points in season.rows["redistributed"][:3])
    reserve = (1, None, 5 * 62 * POINT - 10 * POINT)
    people = (*(one for mill in mills for one in farm(mill, 2)), *HONEST)
    return SeasonByHand(people).with_rows(**rows, redistributed=(*spread, reserve))


def test_farming_pays_before_and_no_longer_after() -> None:
    headline = score([five_farms_beside_three_honest().played()]).headline
    assert headline.paying_as_issued == ("A1 L1",)
    assert headline.paying_at_the_end == ()
    assert (headline.cells, headline.left_out) == (1, 0)
    assert headline.richer_as_issued == ("A1 L1",)
    assert headline.richer_at_the_end == ()


def test_a_median_of_fewer_than_five_operators_makes_no_headline() -> None:
    headline = score([a_farm_beside_three_honest().played()]).headline
    assert headline.paying_as_issued == ()
    assert (headline.cells, headline.left_out) == (0, 1)


def and_free(paid: int, points: int) -> ProfitScore:
    """A farm of one account that gets 3 USD for its referees, beside the other."""
    season = a_farm_beside_three_honest()
    rows = season.rows
    season = SeasonByHand((*season.people, Person("free-1", "A6", "L1", "free"))).with_rows(
        **{
            **rows,
            "issued": (*rows["issued"], ("free-1", 1, points, 0)),
            "ledger": (*rows["ledger"], ("free-1", 1, points, 0, 0, 0, 0, 0)),
            "fees": (*rows["fees"], ("free-1", 1, paid, 3 * USD, 90 * USD)),
        }
    )
    return of_farms(season)["A6", "L1"]


def test_who_paid_nothing_net_stands_above_every_rate() -> None:
    found = and_free(paid=USD, points=POINT)
    assert (found.without_cost, found.without_points, found.per_usd.issued) == (1, 0, None)


def test_who_got_nothing_for_nothing_has_the_rate_nothing() -> None:
    found = and_free(paid=USD, points=0)
    assert (found.without_cost, found.without_points, found.per_usd.issued) == (0, 1, 0.0)


def test_who_traded_counts_whether_or_not_points_were_issued() -> None:
    """Of farms and of the honest alike; who never traded counts on neither side."""
    season = a_farm_beside_three_honest()
    traded = [Person("keen"), *farm("mine", 2)]
    never = [Person("idle"), *farm("mute", 1)]
    fees = tuple((one.name, 1, 4 * USD, 0, 90 * USD) for one in traded[:2])
    rows = {**season.rows, "fees": (*season.rows["fees"], *fees)}
    played = SeasonByHand((*season.people, *traded, *never), rows=rows)
    honest, farms = score([played.played()]).profit.honest, of_farms(played)["A1", "L1"]
    assert (honest.operators, honest.without_points, honest.per_usd.issued) == (4, 1, 1.0)
    assert (farms.operators, farms.without_points, farms.accounts) == (2, 1, 3)
    assert farms.per_usd.issued == 0.0
