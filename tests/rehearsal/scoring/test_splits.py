from rehearsal.scoring import score
from tests.rehearsal.seasons_by_hand import POINT, SeasonByHand, farm


def test_splitting_is_told_on_paper_and_under_detection() -> None:
    season = SeasonByHand((*farm("mill", 3), *farm("pair", 2))).with_rows(
        splitting=(
            (1, "mill", 2, 30 * POINT, 20 * POINT),
            (2, "mill", 3, 30 * POINT, 20 * POINT),
            (1, "pair", 2, 9 * POINT, 10 * POINT),
        ),
        # own, held, escrowed, redistributed, seized, restored
        ledger=(
            ("mill-1", 1, 12 * POINT, 0, 0, 2 * POINT, 20 * POINT, 0),
            ("mill-2", 2, 6 * POINT, 3 * POINT, 1 * POINT, 0, 0, 0),
            ("pair-1", 1, 9 * POINT, 0, 0, 0, 0, 0),
            ("pair-1", 2, 7 * POINT, 0, 0, 0, 0, 0),  # in a week of one account: not splitting
        ),
        redistributed=((1, "mill-1", 2 * POINT), (1, None, 18 * POINT)),
    )
    # What lies in escrow was taken.
    rows = season.rows
    ledger = (rows["ledger"][0], ("mill-2", 2, 6 * POINT, 3 * POINT, POINT, 0, POINT, 0))
    season = season.with_rows(ledger=(*ledger, *rows["ledger"][2:]))
    pair, mill = score([season.played()]).splits
    assert (pair.fewest, pair.most, pair.operators) == (2, 2, 1)
    assert (pair.on_paper, pair.after, pair.after_at_most) == (0.9, 0.9, 0.9)
    assert (mill.fewest, mill.most, mill.operators) == (3, 4, 1)
    assert (mill.on_paper, mill.after, mill.after_at_most) == (1.5, 0.4, 0.5)
    assert (mill.alone, mill.kept) == (40 * POINT, 16 * POINT)


def test_who_never_split_is_not_there() -> None:
    assert score([SeasonByHand(farm("mill", 2)).played()]).splits == ()
