"""What is proposed by hand is read to the digit, in any order, or refused line by line."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seasons.proposals import (
    CSV_COLUMNS,
    Proposal,
    from_content,
    parse_adjustment,
    parse_drop,
    propose,
)
from warehouse.errors import ProposalError

HEAD = """
season = 1
week = 5
budget = "corrections"
name = "late-w05"
reason = "fills that came late"
"""
LINE = '[[line]]\nowner = "{}"\npoints = "{}"\nreason = "two fills"\n'
CSV = 'lines = "lines.csv"\n'
DROP = HEAD.replace("week = 5", 'kind = "legacy"')


def table(*lines: tuple[str | None, str | None, str | None]) -> pl.DataFrame:
    return pl.DataFrame(list(lines), dict.fromkeys(CSV_COLUMNS, pl.String), orient="row")


def adjustment(*lines: tuple[str | None, str | None, str | None]) -> Proposal:
    return propose(parse_adjustment(HEAD + CSV), table(*lines))


def test_lines_in_the_file_and_lines_beside_it_say_the_same():
    inline = propose(parse_adjustment(HEAD + LINE.format("ana", "12.5")), None)
    assert inline.content == adjustment(("ana", "12.5", "two fills")).content
    assert inline.lines.rows() == [("ana", 12_500_000, "two fills")]
    assert (inline.kind, inline.week, inline.sort, inline.origin) == ("adjust", 5, "", "S1W05")


def test_a_drop_belongs_to_the_season_as_a_whole():
    drop = propose(parse_drop(DROP + LINE.format("ana", "1")), None)
    assert (drop.kind, drop.week, drop.sort, drop.origin) == ("drop", 0, "legacy", "S1W00")


def test_a_line_without_a_reason_has_that_of_the_file():
    read = adjustment(("ana", "1", None), ("ben", "1", ""))
    assert read.lines["reason"].to_list() == ["fills that came late"] * 2


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 50).map("owner-{}".format),
            st.integers(-(10**18) + 1, 10**18 - 1).filter(bool),
        ),
        min_size=1,
        unique_by=lambda line: line[0],
    ),
    st.randoms(use_true_random=False),
)
def test_points_are_read_to_the_last_digit_and_the_order_of_lines_says_nothing(lines, draw):
    def text(micropoints: int) -> str:
        return f"{Decimal(micropoints).scaleb(-6):f}"

    said = [(owner, text(amount), "late") for owner, amount in lines]
    read = adjustment(*said)
    assert dict(read.lines.select("owner_id", "micropoints").iter_rows()) == dict(lines)
    draw.shuffle(said)
    assert adjustment(*said).content_sha256 == read.content_sha256


@pytest.mark.parametrize(
    "points", ["1", "1.5", "0.000001", "-0.000001", "999999999999.999999", "007.10"]
)
def test_what_counts_as_points(points):
    micropoints = adjustment(("ana", points, "x")).lines["micropoints"].item()
    assert Decimal(micropoints) == Decimal(points) * 10**6


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (("ana", "1.0000001", "x"), "points are not text"),
        (("ana", "1e3", "x"), "points are not text"),
        (("ana", " 1", "x"), "points are not text"),
        (("ana", "+1", "x"), "points are not text"),
        (("ana", "1,5", "x"), "points are not text"),
        (("ana", "", "x"), "points are not text"),
        (("ana", None, "x"), "points are not text"),
        (("ana", "1234567890123", "x"), "points are not text"),
        (("ana", "٣", "x"), "points are not text"),
        (("ana", "0.000", "x"), "points are zero"),
        (("ana", "-0", "x"), "points are zero"),
        (("", "1", "x"), "owner is not"),
        ((None, "1", "x"), "owner is not"),
        ((" ana", "1", "x"), "owner is not"),
        (("a\tb", "1", "x"), "owner is not"),
        (("=ana", "1", "x"), "owner is not"),
        (("a" * 129, "1", "x"), "owner is not"),
        (("ana", "1", "two\nlines"), "reason is not"),
        (("ana", "1", "x" * 1025), "reason is not"),
    ],
)
def test_a_wrong_line_is_named_with_its_number(line, complaint):
    with pytest.raises(ProposalError, match=rf"line 3 .*{complaint}"):
        adjustment(("zoe", "1", "x"), line)


def test_all_wrong_lines_are_counted_and_the_first_ten_told():
    with pytest.raises(ProposalError) as refused:
        adjustment(*((f"owner-{number}", "none", "x") for number in range(25)))
    assert str(refused.value).count("line ") == 10
    assert "line 2 (owner 'owner-0', points 'none')" in str(refused.value)
    assert "and 15 more wrong lines" in str(refused.value)


def test_an_owner_stands_on_one_line():
    with pytest.raises(ProposalError, match=r"line 4 .*earlier line"):
        adjustment(("ana", "1", "x"), ("ben", "1", "x"), ("ana", "2", "x"))


def test_a_drop_only_gives():
    with pytest.raises(ProposalError, match=r"line 1 .*a drop only gives"):
        propose(parse_drop(DROP + LINE.format("ana", "-1")), None)


@pytest.mark.parametrize(
    ("text", "csv"),
    [(HEAD, None), (HEAD + CSV, table()), (HEAD + CSV + LINE.format("ana", 1), table())],
)
def test_a_file_without_lines_or_with_both_sorts_is_refused(text, csv):
    with pytest.raises(ProposalError, match=r"no line|its lines once"):
        propose(parse_adjustment(text), csv)


@pytest.mark.parametrize(
    ("was", "wrong", "complaint"),
    [
        ("week = 5", "week = 0", "week is 0"),
        ("week = 5", "", "week is"),
        ("week = 5", 'week = 5\nkind = "legacy"', "kind is 'legacy'"),
        ('"corrections"', '"Corrections!"', "budget is"),
        ('"late-w05"', '"a/b"', "name is"),
        ('"fills that came late"', '""', "reason is"),
        ('"fills that came late"', r'"a\nb"', "must be characters that print"),
        ("season = 1", 'season = "1"', "season is '1'"),
        ("season = 1", 'season = 1\nlines = "../lines.csv"', "lines is"),
        ("season = 1", "season = ", "is not TOML"),
    ],
)
def test_a_wrong_head_says_which_key(was, wrong, complaint):
    text = HEAD.replace(was, wrong) + LINE.format("ana", "1")
    with pytest.raises(ProposalError, match=complaint):
        propose(parse_adjustment(text), None)


def test_points_are_no_numbers_of_toml():
    with pytest.raises(ProposalError, match=r"line\.0\.points is 1\.5"):
        parse_adjustment(HEAD + '[[line]]\nowner = "ana"\npoints = 1.5\n')


def test_what_was_stored_comes_back_and_other_lines_do_not_pass():
    read = adjustment(("ana", "1", "x"), ("ben", "-2", "y"))
    assert from_content(read.content, read.lines.reverse()).content_sha256 == read.content_sha256
    with pytest.raises(ProposalError, match="not those of its content"):
        from_content(read.content, read.lines.head(1))
