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
        # account, week, paid, received for referees, volume
        fees=(
            ("h0", 1, 10 * USD, 0, 0),
            ("h1", 1, 10 * USD, 0, 0),
            ("h2", 1, 20 * USD, 0, 0),
            ("mill-1", 1, 9 * USD, 1 * USD, 0),
            ("mill-2", 1, 8 * USD, 0, 0),
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


def test_farming_pays_before_and_no_longer_after() -> None:
    report = score([a_farm_beside_three_honest().played()])
    assert report.headline.paying_as_issued == ("A1 L1",)
    assert report.headline.paying_at_the_end == ()
    assert report.headline.cells == 1
    assert report.headline.richer_as_issued == ("A1 L1",)
    assert report.headline.richer_at_the_end == ()


def test_who_paid_nothing_net_stands_above_every_rate() -> None:
    free = Person("free-1", "A6", "L1", "free")
    season = a_farm_beside_three_honest()
    rows = season.rows
    season = SeasonByHand((*season.people, free)).with_rows(
        **{
            **rows,
            "issued": (*rows["issued"], ("free-1", 1, POINT, 0)),
            "ledger": (*rows["ledger"], ("free-1", 1, POINT, 0, 0, 0, 0, 0)),
            "fees": (*rows["fees"], ("free-1", 1, USD, 3 * USD, 0)),
        }
    )
    found = of_farms(season)["A6", "L1"]
    assert (found.without_cost, found.per_usd.issued) == (1, None)
    assert "A6 L1" in score([season.played()]).headline.paying_at_the_end


def test_who_was_issued_nothing_is_left_out_of_the_medians() -> None:
    season = a_farm_beside_three_honest()
    idle = SeasonByHand((*season.people, Person("idle")), rows=season.rows)
    assert score([idle.played()]).profit.honest.operators == 3
