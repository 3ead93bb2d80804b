"""What operators are told: the hold at the issue, the families of evidence with the notice."""

import polars as pl

from rehearsal.hearing import HELD, told_of_week
from rehearsal.home import far_calendar
from rehearsal.records import Played
from simulator.attacks.adaptive import CHANGES
from simulator.patterns import TOLD
from tests.rehearsal.conftest import WEEKS
from warehouse.home import Home


def told(home: Home, season: Played, number: int, *confirmed: str) -> pl.DataFrame:
    return told_of_week(home, far_calendar(WEEKS).week(number), season.owners, confirmed)


def test_a_hold_is_told_at_the_issue_before_anybody_decides(played_home: Home, season: Played):
    found = told(played_home, season, 1)
    held = season.issued.filter(pl.col("week") == 1, pl.col("held") > 0)
    owners = found.join(season.owners, on="account_id")["owner_id"]
    assert set(found["family"]) == {HELD}
    # A referrer's part of a held referee's points is held too, which says nothing of the referrer.
    assert set(owners) <= set(held["owner_id"])
    flagged = season.flags.filter(pl.col("week") == 1)["owner_id"]
    assert set(owners) == set(flagged) & set(held["owner_id"])


def test_a_notice_names_families_of_the_accounts_it_takes_from(played_home: Home, season: Played):
    case_id = season.confirmed["case_id"][0]
    named = told(played_home, season, 1, case_id).filter(pl.col("family") != HELD)
    owners = season.confirmed.filter(pl.col("case_id") == case_id)["owner_id"]
    accounts = season.owners.filter(pl.col("owner_id").is_in(owners.implode()))["account_id"]
    assert named.height > 0
    assert set(named["account_id"]) <= set(accounts)


def test_farms_hear_what_is_told_and_know_no_family_called_held(played_home: Home, season: Played):
    found = told(played_home, season, 1)
    assert found.schema == TOLD
    assert HELD not in CHANGES
