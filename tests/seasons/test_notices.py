"""One notice an owner: what a move did to whose points, in words that accuse nobody."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detection.patterns import PATTERNS
from seasons.notice_texts import REHEARSAL, Letterhead, notice_document, notice_text
from seasons.notices import (
    KEEP_ALL,
    Line,
    Notice,
    Party,
    Ruling,
    What,
    decide_notices,
    decide_parties,
)

ROOT = Path(__file__).parents[2]
HEAD = Letterhead("0123456789abcdef", False, "N-1a2b3c4d5e6f")
UNTIL = datetime(2025, 4, 18, 2, 0, tzinfo=UTC)
DECISION = Ruling(
    "C-1a2b3c4d5e6f", 2, "confirm", date(2025, 4, 4), policy_version="preset-1", appeal_until=UNTIL
)
MOVES = ("confirm", "partly", "dismiss", "uphold", "reject", "withdraw", "acknowledge")
MOVED = pl.Schema(
    {
        "case_id": pl.String,
        "seq": pl.Int32,
        "season": pl.Int32,
        "week": pl.Int32,
        "owner_id": pl.String,
        "subject": pl.String,
        "what": pl.String,
        "micropoints": pl.Int64,
    }
)
VERDICTS = pl.Schema(
    {"owner_id": pl.String, "verdict": pl.String, "keep_bps": pl.Int32, "rule": pl.String}
)
ACCUSING = re.compile(
    r"cheat|fraud|sybil|farm|abus|violat|illegal|fake|crim|guilt|punish|penal|suspect|dishonest",
    re.IGNORECASE,
)


def moved(*rows: tuple) -> pl.DataFrame:
    """Rows of (seq, week, owner, subject, what, micropoints) in season 1 of the case."""
    return pl.DataFrame(
        [(DECISION.case_id, seq, 1, *rest) for seq, *rest in rows], MOVED, orient="row"
    )


def confirmed(*owners: str, keep_bps: int = 5_000) -> tuple[Party, ...]:
    return tuple(Party(owner, What.CONFIRMED, keep_bps, "few") for owner in owners)


def told(ruling: Ruling, parties: tuple[Party, ...], rows: pl.DataFrame) -> dict[str, Notice]:
    notices = decide_notices(ruling, parties, ["ann", "bob"], rows)
    return {notice.owner_id: notice for notice in notices}


def test_an_owner_s_own_points_and_those_from_referrals_stand_apart():
    rows = moved(
        (2, 1, "ann", None, "reached_back", 40),
        (2, 1, "ann", None, "left", 41),
        (2, 2, "ann", "ann", "seized", 30),
        (2, 2, "ann", "ann", "released", 31),
        (2, 2, "ann", "bob", "seized", 5),
        (2, 2, "ann", "zoe", "seized", 6),
    )
    assert told(DECISION, confirmed("ann", "bob"), rows)["ann"].lines == (
        Line(
            "S1W01", False, kept=41, held=0, escrowed=0, reached_back=40, returned=0, in_escrow=40
        ),
        Line(
            "S1W02", False, kept=31, held=0, escrowed=30, reached_back=0, returned=0, in_escrow=30
        ),
        Line("S1W02", True, kept=0, held=0, escrowed=11, reached_back=0, returned=0, in_escrow=11),
    )


def test_a_referrer_is_told_of_members_alone():
    rows = moved(
        (2, 2, "ref", "ann", "seized", 5),
        (2, 2, "ref", "zoe", "released", 9),  # became free at the same time, for another reason
        (2, 2, "yan", "zoe", "released", 9),
    )
    notices = told(DECISION, confirmed("ann", "bob"), rows)
    assert sorted(notices) == ["ann", "bob", "ref"]
    assert notices["ref"].what is What.REFERRALS
    assert notices["ref"].total("escrowed") == 5
    assert notices["ref"].total("kept") == 0


def test_what_waits_for_something_else_is_kept_and_said():
    rows = moved((2, 2, "ann", "ann", "seized", 30), (2, 2, "ann", "ann", "held", 1_500_000))
    notice = told(DECISION, confirmed("ann", "bob"), rows)["ann"]
    assert (notice.total("kept"), notice.total("held")) == (1_500_000, 1_500_000)
    assert "1.500000 points stay held" in notice_text(notice, HEAD)


def test_escrow_counts_all_moves_since_the_last_withdrawal():
    answer = replace(DECISION, seq=9, move="uphold", since=4)
    rows = moved(
        (2, 2, "ann", "ann", "seized", 1_000),
        (4, 2, "ann", "ann", "restored", 1_000),
        (5, 2, "ann", "ann", "seized", 800),
        (9, 2, "ann", "ann", "restored", 300),
        (9, 2, "bob", "ann", "restored", 7),
    )
    notices = told(answer, (Party("ann", What.UPHELD, 6_000),), rows)
    (line,) = notices["ann"].lines
    assert (line.returned, line.in_escrow) == (300, 500)
    assert notices["bob"].what is What.REFERRALS  # another member, who referred the first


def test_an_answer_to_one_is_not_told_to_the_others():
    rows = moved((2, 2, "ann", "ann", "seized", 8), (2, 2, "ref", "bob", "seized", 8))
    rejected = replace(DECISION, seq=5, move="reject")
    assert sorted(told(rejected, (Party("ann", What.REJECTED),), rows)) == ["ann"]


@pytest.mark.parametrize(("noticed", "owners"), [(True, ["ann", "bob"]), (False, ["ann"])])
def test_a_withdrawal_is_told_to_whoever_knew_or_got_something_back(noticed, owners):
    ruling = replace(DECISION, seq=3, move="withdraw", noticed=noticed)
    rows = moved((2, 2, "ann", "ann", "seized", 8), (3, 2, "ann", "ann", "restored", 8))
    parties = (Party("ann", What.WITHDRAWN), Party("bob", What.WITHDRAWN))
    assert sorted(told(ruling, parties, rows)) == owners


def test_what_is_owed_is_a_record_and_nothing_lies_in_escrow_any_more():
    ruling = replace(DECISION, seq=6, move="acknowledge", appeal_until=None)
    rows = moved(
        (2, 2, "ann", "ann", "seized", 1_000),
        (2, 2, "ref", "ann", "seized", 50),
        (5, 2, "ann", None, "owed", 7),  # another acknowledgement, which was told before
        (6, 2, "ann", None, "owed", 1_000),
        (6, 2, "ref", "ann", "owed", 50),
    )
    notices = told(ruling, (Party("ann", What.ACKNOWLEDGED),), rows)
    assert {owner: notice.lines for owner, notice in notices.items()} == {
        "ann": (Line("S1W02", False, 0, 0, 0, 0, 0, in_escrow=0, owed=1_000),),
        "ref": (Line("S1W02", True, 0, 0, 0, 0, 0, in_escrow=0, owed=50),),
    }
    for notice in notices.values():
        text = " ".join(notice_text(notice, HEAD).split())
        assert "owed to you" in text
        assert "It is a record and no promise" in text
        assert notice.appeal_until is None


def test_of_an_owner_s_accounts_the_one_that_keeps_least_speaks():
    verdicts = pl.DataFrame(
        [
            ("ann", "confirmed", 7_500, "household"),
            ("ann", "confirmed", 2_500, "group"),
            ("bob", "cleared", KEEP_ALL, "cleared"),
        ],
        VERDICTS,
        orient="row",
    )
    assert decide_parties(replace(DECISION, move="partly"), verdicts, ["ann", "bob"], None) == (
        Party("ann", What.CONFIRMED, 2_500, "group"),
        Party("bob", What.CLEARED, KEEP_ALL, "cleared"),
    )


def test_whoever_is_confirmed_is_told_until_when_to_appeal_who_keeps_everything_too():
    assert told(DECISION, confirmed("ann"), moved())["ann"].appeal_until == UNTIL
    kept = told(DECISION, confirmed("ann", keep_bps=KEEP_ALL), moved())["ann"]
    assert kept.appeal_until == UNTIL
    text = notice_text(kept, HEAD)
    assert "You keep all of your points" in text
    assert "You may appeal until" in text


AMOUNTS = st.integers(min_value=1, max_value=10**13)
ROWS = st.lists(
    st.tuples(
        st.integers(1, 9),
        st.integers(1, 3),
        st.sampled_from(["ann", "bob", "ref", "zoe"]),
        st.sampled_from(["ann", "bob", "zoe", None]),
        st.sampled_from(["seized", "reached_back", "restored", "released", "held", "left", "owed"]),
        AMOUNTS,
    ),
    max_size=30,
)


@given(rows=ROWS, move=st.sampled_from(MOVES), rehearsal=st.booleans())
def test_whatever_happened_notices_add_up_fit_and_say_nothing_of_others(rows, move, rehearsal):
    ruling = replace(DECISION, seq=9, move=move, noticed=True)
    what = {"confirm": What.CONFIRMED, "partly": What.CLEARED, "dismiss": What.DISMISSED}
    answers = {"uphold": What.UPHELD, "reject": What.REJECTED, "withdraw": What.WITHDRAWN}
    late = {"acknowledge": What.ACKNOWLEDGED}
    parties = tuple(Party(owner, (what | answers | late)[move], 5_000) for owner in ("ann", "bob"))
    notices = told(ruling, parties, moved(*rows))
    theirs = [
        row
        for row in rows
        if row[2] in {"ann", "bob"} or (row[2] in notices and row[3] in {"ann", "bob"})
    ]
    for amount, name in (("escrowed", "seized"), ("returned", "restored"), ("owed", "owed")):
        due = sum(row[5] for row in theirs if row[0] == 9 and row[4] == name)
        assert sum(notice.total(amount) for notice in notices.values()) == due
    for owner, notice in notices.items():
        head = replace(HEAD, rehearsal=rehearsal)
        text = notice_text(notice, head)
        assert text.startswith(REHEARSAL) == rehearsal
        assert max(map(len, text.splitlines())) <= 72
        said = text + json.dumps(notice_document(notice, head), ensure_ascii=False)
        assert set(re.findall(r"\b(?:ann|bob|ref|zoe)\b", said)) == {owner}
        assert ACCUSING.findall(said) == []
        assert (DECISION.case_id in said) == (notice.what is not What.REFERRALS)


def test_a_document_is_the_same_in_any_order_of_rows():
    rows = moved(*((2, week, "ann", "ann", "seized", week) for week in (3, 1, 2)))
    first, again = (
        notice_document(told(DECISION, confirmed("ann"), order)["ann"], HEAD)
        for order in (rows, rows.reverse())
    )
    assert first == again
    assert [week["week"] for week in first["weeks"]] == ["S1W01", "S1W02", "S1W03"]
    assert first["total"]["escrowed_micropoints"] == "6"
    assert first["appeal_until"] == "2025-04-18T02:00:00Z"


def test_an_owner_id_stays_whole_whatever_it_is():
    odd = '../<b>&"x\u202e' + 100 * "y"
    notice = replace(told(DECISION, confirmed("ann"), moved())["ann"], owner_id=odd)
    assert f"To {odd}\n" in notice_text(notice, HEAD)
    assert notice_document(notice, HEAD)["owner"] == odd


def test_the_sentences_of_the_preset_policy_accuse_nobody():
    whys = re.findall(
        r'^why = "(.+)"', (ROOT / "jobs/presets/policy.toml").read_text(), re.MULTILINE
    )
    assert whys
    assert [why for why in whys if ACCUSING.search(why)] == []


def example() -> Notice:
    """The notice that the documentation shows."""
    rows = moved(
        (2, 2, "trader-17", None, "reached_back", 310_250_000_000),
        (2, 2, "trader-17", None, "left", 310_250_000_000),
        (2, 3, "trader-17", "trader-17", "seized", 402_118_500_000),
        (2, 3, "trader-17", "trader-17", "released", 402_118_500_001),
    )
    (notice,) = decide_notices(DECISION, confirmed("trader-17"), ["trader-17"], rows)
    why = "A few accounts were used together."
    return replace(notice, patterns=(dict(PATTERNS)["device"],), why=why)


def test_the_documentation_shows_what_is_written():
    page = (ROOT / "docs" / "notices.md").read_text(encoding="utf-8")
    text, document = re.findall(r"^```(?:text|json)\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert text == notice_text(example(), HEAD)
    assert json.loads(document) == notice_document(example(), HEAD)
