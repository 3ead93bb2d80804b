"""What is released, seized, restored and redistributed: to the micropoint, whatever the order."""

from collections import Counter
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seasons.accounts import ESCROW_LINES, HELD_LINES, LINES, OWN_LINES
from seasons.enforcement import (
    INVOLVED,
    REACHED_BACK,
    blocking,
    decide_redistribution,
    reach_back_due,
    reach_back_entries,
    release_entries,
    releases_due,
    restorations_due,
    restore_entries,
    seize_entries,
    seizures_due,
)
from seasons.verdicts import VERDICTS
from warehouse.errors import AllocationError

MOST = 2**63 - 1
OWNERS = st.sampled_from(["a", "b", "c/d", "e:f", "g"])
CASES = st.sampled_from(["C-1", "C-2", "C-3"])
WEEKS = st.integers(1, 3)
BPS = st.one_of(st.sampled_from([0, 1, 5000, 9999, 10000]), st.integers(0, 10000))
# Twenty of the largest fit 64 bits together; that one alone may be larger is a test of its own.
AMOUNTS = st.one_of(st.integers(1, 20), st.integers(1, MOST // 20))
PARTS = st.one_of(st.just(0), AMOUNTS)

HELD = st.lists(
    st.tuples(st.just(1), WEEKS, OWNERS, OWNERS, AMOUNTS), unique_by=lambda row: row[:4], max_size=9
)
# What is in a line now, what was released of it before, and what decisions have taken.
HISTORIES = st.dictionaries(
    st.tuples(st.just(1), WEEKS, OWNERS, OWNERS), st.tuples(PARTS, PARTS, PARTS), max_size=9
)
OWN = st.lists(
    st.tuples(st.sampled_from([1, 2]), WEEKS, OWNERS, AMOUNTS),
    unique_by=lambda row: row[:3],
    max_size=9,
)
VERDICT_ROWS = st.lists(st.tuples(CASES, OWNERS, BPS), unique_by=lambda row: row[:2], max_size=9)
INVOLVED_ROWS = st.lists(
    st.tuples(OWNERS, CASES, st.sampled_from(["open", "confirmed", "final"]), st.integers(2, 3)),
    unique_by=lambda row: row[:2],
    max_size=5,
)
ENTRIES = {
    "account": pl.String,
    "micropoints": pl.Int64,
    "reason": pl.String,
    "subject": pl.String,
}
Entries = Callable[[pl.DataFrame], pl.DataFrame]
Balances = Counter[tuple[int, int, str, str | None]]


def of(schema: pl.Schema, rows: list[tuple] | tuple = ()) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def involve(rows: list[tuple]) -> pl.DataFrame:
    known = [(*row[:3], None if row[2] == "open" else row[3]) for row in rows]
    return of(INVOLVED, known)


def fresh(rows: list[tuple] | tuple) -> pl.DataFrame:
    """Held lines that nothing was taken of yet, as `LINES`."""
    return of(LINES, [(*row, row[-1], 0) for row in rows])


def fresh_own(rows: list[tuple]) -> pl.DataFrame:
    return fresh([(*row[:3], None, row[3]) for row in rows])


def with_history(histories: dict[tuple, tuple[int, int, int]]) -> list[tuple]:
    return [(*line, now, now + out + taken, taken) for line, (now, out, taken) in histories.items()]


def once_taken(lines: pl.DataFrame, due: pl.DataFrame) -> pl.DataFrame:
    """The lines once what is due is taken of them."""
    gone = Counter()
    for season, week, _, owner, subject, part in due.rows():
        gone[season, week, owner, subject] += part
    rows = [
        (*line[:4], line[4] - gone[line[:4]], line[5], line[6] + gone[line[:4]])
        for line in lines.rows()
    ]
    return of(LINES, rows)


def nobodys(reached: pl.DataFrame) -> pl.DataFrame:
    """What was reached back for, as lines of escrow."""
    return reached.with_columns(pl.lit(None, pl.String).alias("subject")).select(
        ESCROW_LINES.names()
    )


def booked(balances: Balances, due: pl.DataFrame, entries_of: Entries) -> Balances:
    """The balances after a batch a week, each of which must balance and be in order."""
    after = balances.copy()
    for (season, week), part in due.group_by("season", "week"):
        entries = entries_of(part)
        assert entries.schema == ENTRIES
        assert sum(entries["micropoints"].to_list()) == 0
        assert entries.equals(entries.sort("account", "reason", "subject", nulls_last=True))
        for account, micropoints, _, subject in entries.rows():
            after[season, week, account, subject] += micropoints
    assert min(after.values(), default=0) >= 0
    assert sum(after.values()) == sum(balances.values())
    return Counter({line: amount for line, amount in after.items() if amount})


def held_balances(rows: list[tuple]) -> Balances:
    return Counter(
        {(season, week, f"held:{owner}", subject): n for season, week, owner, subject, n in rows}
    )


def own_balances(rows: list[tuple]) -> Balances:
    return Counter({(season, week, f"owner:{owner}", None): n for season, week, owner, n in rows})


def kept(amount: int, bps: int) -> int:
    return -(-amount * bps // 10000)


# Releases --------------------------------------------------------------------------------------


@given(HISTORIES, INVOLVED_ROWS, VERDICT_ROWS)
def test_what_is_released_is_exactly_what_no_case_keeps(histories, involved, verdicts):
    keeps = {(case, owner): bps for case, owner, bps in verdicts}

    def waits_for(line: tuple, party: tuple) -> bool:
        owner, case, state, _ = party
        *_, gross, taken = line
        keep = keeps.get((case, owner), 10000)
        missing = state == "confirmed" and taken < gross - kept(gross, keep)
        return owner in line[2:4] and (state == "open" or missing)

    lines = with_history(histories)
    due = releases_due(of(LINES, lines), involve(involved), of(VERDICTS, verdicts))
    free = [
        line[:5]
        for line in lines
        if line[4] and not any(waits_for(line, party) for party in involved)
    ]
    assert due.rows() == sorted(free)
    after = booked(held_balances([line[:5] for line in lines]), due, release_entries)
    released = sum(row[4] for row in free)
    assert sum(n for line, n in after.items() if line[2].startswith("owner:")) == released


def test_a_referrers_share_waits_for_the_referee():
    held, nothing = fresh([(1, 1, "referrer", "referee", 5)]), of(VERDICTS)
    assert releases_due(held, involve([("referee", "C-1", "open", 0)]), nothing).is_empty()
    assert releases_due(held, involve([]), nothing).height == 1


def test_a_confirmed_owners_week_is_free_once_its_part_is_taken_whoever_took_it():
    involved, keep = involve([("a", "C-1", "confirmed", 3)]), of(VERDICTS, [("C-1", "a", 5000)])
    for taken, is_free in ((0, False), (49, False), (50, True), (51, True)):
        line = of(LINES, [(1, 1, "a", "a", 100 - taken, 100, taken)])
        assert releases_due(line, involved, keep).height == is_free
    final = involve([("a", "C-1", "final", 3)])
    assert releases_due(fresh([(1, 1, "a", "a", 100)]), final, keep).height == 1


def test_open_and_confirmed_owners_block_and_final_ones_do_not():
    states = [("a", "C-1", "open", 0), ("b", "C-1", "confirmed", 2), ("g", "C-2", "final", 2)]
    assert blocking(involve(states)) == {"a", "b"}


# Seizures --------------------------------------------------------------------------------------


@given(HISTORIES, VERDICT_ROWS)
def test_each_case_takes_in_turn_what_is_missing_from_its_part_of_the_whole(histories, verdicts):
    lines, expected = with_history(histories), []
    for season, week, owner, subject, now, gross, before in lines:
        left, taken = now, before
        for case in sorted({case for case, _, _ in verdicts}):
            keep = min(
                (n for of_case, who, n in verdicts if of_case == case and who in (owner, subject)),
                default=10000,
            )
            part = min(max(gross - kept(gross, keep) - taken, 0), left)
            if part:
                expected.append((season, week, case, owner, subject, part))
            left, taken = left - part, taken + part
    due = seizures_due(of(LINES, lines), of(VERDICTS, verdicts))
    assert due.rows() == sorted(expected)
    booked(held_balances([line[:5] for line in lines]), due, seize_entries)


@settings(max_examples=40)
@given(HISTORIES, VERDICT_ROWS)
def test_asking_again_takes_nothing(histories, verdicts):
    lines, keep = of(LINES, with_history(histories)), of(VERDICTS, verdicts)
    again = seizures_due(once_taken(lines, seizures_due(lines, keep)), keep)
    assert again.is_empty()
    assert again.schema == ESCROW_LINES


@settings(max_examples=40)
@given(HELD, VERDICT_ROWS)
def test_several_cases_take_what_the_strictest_takes_alone(held, verdicts):
    due = seizures_due(fresh(held), of(VERDICTS, verdicts))
    expected = Counter()
    for season, week, owner, subject, amount in held:
        keep = min((n for _, who, n in verdicts if who in (owner, subject)), default=10000)
        expected[season, week, owner, subject] += amount - kept(amount, keep)
    taken = Counter()
    for season, week, _, owner, subject, part in due.rows():
        taken[season, week, owner, subject] += part
    assert +expected == taken


def test_a_referrers_share_follows_whoever_keeps_less():
    held = fresh([(1, 1, "referrer", "referee", 100)])
    for referrer, referee in ((10000, 2500), (2500, 10000), (2500, 7500)):
        verdicts = of(VERDICTS, [("C-1", "referrer", referrer), ("C-1", "referee", referee)])
        due = seizures_due(held, verdicts)
        assert due.rows() == [(1, 1, "C-1", "referrer", "referee", 75)]


def test_what_is_put_into_a_line_later_is_taken_from_too():
    half = of(VERDICTS, [("C-1", "a", 5000)])
    more = of(LINES, [(1, 1, "a", "a", 100, 200, 50)])  # 50 taken, 50 released, then 100 more
    assert seizures_due(more, half)["micropoints"].to_list() == [50]


def test_the_largest_amount_that_fits_is_seized_exactly():
    held = fresh([(1, 1, "a", "a", MOST)])
    due = seizures_due(held, of(VERDICTS, [("C-1", "a", 9999)]))
    assert due["micropoints"].to_list() == [MOST // 10000]


# Reaching back ---------------------------------------------------------------------------------


@settings(max_examples=60)
@given(OWN, VERDICT_ROWS, st.dictionaries(CASES, st.tuples(st.just(1), WEEKS)))
def test_reaching_back_takes_from_the_named_week_of_that_season_on(own, verdicts, from_week):
    expected = []
    for season, week, owner, amount in own:
        left = amount
        for case, who, bps in sorted(verdicts):
            if who == owner and case in from_week:
                first_season, first_week = from_week[case]
                if season == first_season and week >= first_week and left > kept(amount, bps):
                    expected.append((season, week, case, owner, left - kept(amount, bps)))
                    left = kept(amount, bps)
    lines, keep = fresh_own(own), of(VERDICTS, verdicts)
    due = reach_back_due(lines, keep, from_week)
    assert due.rows() == sorted(expected)
    booked(own_balances(own), due, reach_back_entries)
    assert reach_back_due(once_taken(lines, nobodys(due)), keep, from_week).is_empty()


# Restorations ----------------------------------------------------------------------------------


def with_keep(verdicts: list[tuple], bps: int) -> pl.DataFrame:
    """The same verdicts, none of which keeps less than this."""
    return of(VERDICTS, [(case, owner, max(keep, bps)) for case, owner, keep in verdicts])


@settings(max_examples=40)
@given(HELD, OWN, VERDICT_ROWS)
def test_keeping_everything_after_all_gives_back_exactly_what_was_taken(held, own, verdicts):
    before, balances = of(VERDICTS, verdicts), held_balances(held) + own_balances(own)
    seized = seizures_due(fresh(held), before)
    reached = reach_back_due(fresh_own(own), before, dict.fromkeys(("C-1", "C-2", "C-3"), (1, 1)))
    taken = booked(booked(balances, seized, seize_entries), reached, reach_back_entries)
    escrow = pl.concat([seized, nobodys(reached)])
    lines = once_taken(pl.concat([fresh(held), fresh_own(own)]), escrow)
    due = restorations_due(escrow, lines, with_keep(verdicts, 10000))
    assert booked(taken, due, restore_entries) == balances


@settings(max_examples=40)
@given(AMOUNTS, st.lists(BPS, min_size=3, max_size=3).map(sorted))
def test_restoring_in_two_steps_ends_where_one_step_does(amount, keeps):
    first, *steps = (of(VERDICTS, [("C-1", "a", bps)]) for bps in keeps)
    line = fresh([(1, 1, "a", "a", amount)])
    escrow = seizures_due(line, first)
    for step in steps:
        due = restorations_due(escrow, once_taken(line, escrow), step)
        left = escrow["micropoints"].sum() - due["micropoints"].sum()
        escrow = escrow.with_columns(pl.lit(left, pl.Int64).alias("micropoints"))
    assert escrow["micropoints"].sum() == amount - kept(amount, keeps[2])


def test_what_was_reached_back_goes_to_the_owner_and_what_was_held_is_held_again():
    escrow = of(ESCROW_LINES, [(1, 1, "C-1", "a", None, 10), (1, 1, "C-1", "a", "b", 10)])
    lines = of(LINES, [(1, 1, "a", None, 0, 10, 10), (1, 1, "a", "b", 0, 10, 10)])
    due = restorations_due(escrow, lines, of(VERDICTS, [("C-1", "a", 5000), ("C-1", "b", 10000)]))
    assert restore_entries(due).rows() == [
        ("escrow:C-1/a", -5, "restored", "b"),
        ("escrow:C-1/a", -5, "restored", None),
        ("held:a", 5, "restored", "b"),
        ("owner:a", 5, "restored", None),
    ]


def test_an_appeal_restores_only_what_its_own_case_took():
    escrow = of(ESCROW_LINES, [(1, 1, "C-1", "a", "a", 10), (1, 1, "C-2", "a", "a", 10)])
    lines = of(LINES, [(1, 1, "a", "a", 0, 20, 20)])
    due = restorations_due(escrow, lines, of(VERDICTS, [("C-1", "a", 10000)]))
    assert due.rows() == [(1, 1, "C-1", "a", "a", 10)]


def test_what_another_case_took_counts_for_the_verdict_that_stands():
    escrow = of(ESCROW_LINES, [(1, 1, "C-1", "a", "a", 80)])
    lines = of(LINES, [(1, 1, "a", "a", 0, 100, 100)])  # the other took 20
    for keep, back in ((0, 0), (2000, 20), (5000, 50), (8000, 80), (9000, 80)):
        due = restorations_due(escrow, lines, of(VERDICTS, [("C-1", "a", keep)]))
        assert due["micropoints"].sum() == back


def test_a_verdict_that_keeps_less_gives_nothing_back():
    escrow = of(ESCROW_LINES, [(1, 1, "C-1", "a", "a", 50)])
    lines = of(LINES, [(1, 1, "a", "a", 50, 100, 50)])
    assert restorations_due(escrow, lines, of(VERDICTS, [("C-1", "a", 4000)])).is_empty()


def test_escrow_that_was_taken_from_no_line_is_refused():
    escrow, keep = of(ESCROW_LINES, [(1, 1, "C-1", "a", "a", 10)]), of(VERDICTS)
    with pytest.raises(AllocationError, match="no line says"):
        restorations_due(escrow, fresh([(1, 1, "a", "b", 10)]), keep)


# Redistribution --------------------------------------------------------------------------------

ESCROW_OF_WEEK = st.lists(
    st.tuples(st.just(1), st.just(1), CASES, OWNERS, st.none() | OWNERS, AMOUNTS),
    unique_by=lambda row: row[:5],
    max_size=9,
)


@given(ESCROW_OF_WEEK, st.dictionaries(OWNERS, st.integers(0, 10**13)), INVOLVED_ROWS)
def test_a_weeks_escrow_goes_whole_to_those_whom_no_case_involves(escrow, own, rows):
    involved = {row[0] for row in rows}
    shares = {o: n for o, n in own.items() if n and o not in involved}
    amount = sum(row[5] for row in escrow)
    own_frame = of(OWN_LINES, [(1, 1, *line) for line in own.items()])
    split = decide_redistribution(of(ESCROW_LINES, escrow), own_frame, involve(rows))
    entries = split.entries
    assert entries.schema == ENTRIES
    assert split.to_owners + split.to_reserve == amount
    assert split.to_reserve == (0 if shares else amount)
    paid = dict(entries.filter(pl.col("micropoints") > 0).select(entries.columns[:2]).rows())
    assert sum(paid.values()) == amount == -sum(n for n in entries["micropoints"] if n < 0)
    for account, n in paid.items():
        if account != "reserve":
            ideal = amount * shares[account.removeprefix("owner:")]
            assert abs(n * sum(shares.values()) - ideal) < sum(shares.values())


def test_where_there_is_nobody_the_escrow_goes_to_the_reserve():
    escrow = of(ESCROW_LINES, [(1, 1, "C-1", "a", "a", 7)])
    own = of(OWN_LINES, [(1, 1, "b", 5), (1, 1, "g", 0)])
    split = decide_redistribution(escrow, own, involve([("b", "C-2", "final", 2)]))
    assert split.entries.rows() == [
        ("escrow:C-1/a", -7, "redistributed", "a"),
        ("reserve", 7, "redistributed", None),
    ]


def test_half_a_million_owners_share_a_weeks_escrow_exactly():
    owners, taken = 500_000, 20_000
    number = pl.int_range(0, owners, eager=True)
    own = pl.DataFrame({"owner_id": "o-" + number.cast(pl.String), "micropoints": number * 37 + 1})
    case = pl.DataFrame(
        {
            "case_id": "C-" + (number.head(taken) // 10).cast(pl.String),
            "owner_id": own["owner_id"].head(taken),
            "subject": own["owner_id"].head(taken),
            "micropoints": own["micropoints"].head(taken) * 1001,
        }
    )
    split = decide_redistribution(case, own.slice(taken), case.select("owner_id"))
    assert split.to_reserve == 0
    assert split.to_owners == sum(case["micropoints"].to_list())
    assert split.entries["account"].n_unique() == split.entries.height
    paid = split.entries.filter(pl.col("account").str.starts_with("owner:"))
    in_order = (
        paid.with_columns(pl.col("account").str.strip_prefix("owner:").alias("owner_id"))
        .join(own, on="owner_id", suffix="_own")
        .sort("micropoints_own")
    )
    assert in_order["micropoints"].is_sorted()  # who has more gets no less


# Everywhere ------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(HELD, OWN, VERDICT_ROWS, INVOLVED_ROWS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_never_matters(held, own, verdicts, involved, rng):
    def everything(held: list, own: list, verdicts: list, involved: list) -> list[pl.DataFrame]:
        keep, concerned = of(VERDICTS, verdicts), involve(involved)
        lines, owned = fresh(held), fresh_own(own)
        reach = {"C-1": (1, 2), "C-2": (1, 1)}
        seized = seizures_due(lines, keep)
        if seized.height:
            seized = pl.DataFrame(
                rng.sample(seized.rows(), seized.height), ESCROW_LINES, orient="row"
            )
        week = (pl.col("season") == 1) & (pl.col("week") == 1)
        return [
            releases_due(lines, concerned, keep),
            reach_back_due(owned, keep, reach),
            restorations_due(seized, once_taken(lines, seized), with_keep(verdicts, 7000)),
            seize_entries(seized.filter(week)),
            decide_redistribution(seized.filter(week), owned.filter(week), concerned).entries,
        ]

    first = everything(held, own, verdicts, involved)
    shuffled = everything(
        *(rng.sample(rows, len(rows)) for rows in (held, own, verdicts, involved))
    )
    assert all(a.equals(b) for a, b in zip(first, shuffled, strict=True))


def test_nothing_gives_nothing_of_the_same_types():
    lines, keep = of(LINES), of(VERDICTS)
    due = {
        "release": releases_due(lines, of(INVOLVED), keep),
        "seize": seizures_due(lines, keep),
        "reach back": reach_back_due(lines, keep, {}),
        "restore": restorations_due(of(ESCROW_LINES), lines, keep),
    }
    schemas = (HELD_LINES, ESCROW_LINES, REACHED_BACK, ESCROW_LINES)
    assert [frame.schema for frame in due.values()] == list(schemas)
    split = decide_redistribution(of(ESCROW_LINES), of(OWN_LINES), of(INVOLVED))
    assert (split.to_owners, split.to_reserve) == (0, 0)
    entries = (
        release_entries(due["release"]),
        seize_entries(due["seize"]),
        reach_back_entries(due["reach back"]),
        restore_entries(due["restore"]),
        split.entries,
    )
    assert all(frame.is_empty() and frame.schema == ENTRIES for frame in entries)
    assert blocking(of(INVOLVED)) == frozenset()


@pytest.mark.parametrize(
    "verdict",
    [("C/1", "a", 0), ("C-1", "a", -1), ("C-1", "a", 10001), ("C-1", None, 0), ("C-1", "a", None)],
)
def test_a_malformed_verdict_takes_nothing(verdict):
    with pytest.raises(AllocationError, match="a verdict needs"):
        seizures_due(of(LINES), of(VERDICTS, [verdict]))


def test_lines_that_cannot_be_told_apart_are_refused():
    line, keep = (1, 1, "a", "a", 5), of(VERDICTS, [("C-1", "a", 0)])
    with pytest.raises(AllocationError, match="listed twice"):
        seizures_due(fresh([line, line]), keep)
    with pytest.raises(AllocationError, match="no subject"):
        seizures_due(fresh([(1, 1, "a", None, 5)]), keep)


def test_sums_beyond_64_bits_are_refused_and_never_wrapped():
    held = fresh([(1, 1, "a", subject, MOST) for subject in "abg"])
    with pytest.raises(AllocationError, match="cannot be moved"):
        seizures_due(held, of(VERDICTS, [("C-1", "a", 0)]))
    with pytest.raises(AllocationError, match="cannot be moved"):
        release_entries(held)
