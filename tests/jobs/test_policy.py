"""What a policy is asked about cases, and what it would do to them, down to the last micropoint."""

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.ingest import ingest
from jobs.keys import Keys
from jobs.policy import (
    LoadedFacts,
    judge_members,
    load_facts,
    load_policy,
    preview_of,
    preview_policy,
    read_policy,
)
from seasons.accounts import LINES
from seasons.policy import CaseFacts
from warehouse.connection import rows, transaction, warehouse
from warehouse.errors import CaseError, HomeError, PolicyError
from warehouse.home import Home
from warehouse.policies import load_policy_text, store_policy

NOW = datetime(2025, 4, 1, tzinfo=UTC)
AS_OF = "2025-03-27"
POLICY = b"""
version = "try"
appeal_days = 14
tolerated_accounts = 1
reach_back_weeks = 3
[deciding]
alone_owners = 5
alone_points = 100
[[rule]]
name = "institution"
keep_bps = 10000
kinds = ["institution"]
why = "The exchange knows the institution."
[[rule]]
name = "few"
keep_bps = 5000
most_owners = 3
why = "A few accounts were used together."
[[rule]]
name = "rest"
keep_bps = 0
why = "A group of accounts was used together."
"""


def open_case(home: Home, case_id: str, *owners: str, root: str | None = None) -> None:
    """Store an open case whose members have one account each, called as they are."""
    with transaction(home) as connection:
        connection.execute(
            "insert into cases (case_id, root, cluster_id, state, score, opened_at, opened_by) "
            "values ($1, $2, 'K-1', 'open', 0.57, $3, 'run-1')",
            [case_id, root or case_id, AS_OF],
        )
        for owner in owners:
            connection.execute(
                "insert into case_members (case_id, account_id, owner_id, added_at, since) "
                "values ($1, $2, $2, $3, 1)",
                [case_id, owner, AS_OF],
            )
    move(home, case_id, "opened", "open")


def move(home: Home, case_id: str, name: str, state: str) -> int:
    with transaction(home) as connection:
        ((seq,),) = rows(
            connection,
            "select coalesce(max(seq), 0) + 1 from case_moves where case_id = $1",
            [case_id],
        )
        connection.execute(
            "insert into case_moves (case_id, seq, number, move, state, moved_by, moved_at, "
            "reason, evidence_sha256) select $1, $2, coalesce(max(number), 0) + 1, $3, $4, 'run-1',"
            " $5, 'seen', '' from case_moves",
            [case_id, seq, name, state, AS_OF],
        )
        connection.execute("update cases set state = $2 where case_id = $1", [case_id, state])
    return int(seq)


def say(home: Home, case_id: str, seq: int, owner: str, verdict: str, keep_bps: int = 0) -> None:
    rule = {"confirmed": "rest", "cleared": "cleared", "appeal": "appeal"}[verdict]
    with transaction(home) as connection:
        connection.execute(
            "insert into case_verdicts values ($1, $2, $3, $3, $4, $5, $6)",
            [case_id, seq, owner, verdict.replace("appeal", "confirmed"), keep_bps, rule],
        )


def see(home: Home, case_id: str, family: str, value: str, *pair: str) -> None:
    signal = "device" if family == "device" else "login_network"
    with transaction(home) as connection:
        connection.execute(
            "insert into case_evidence (case_id, seen_at, account_a, account_b, family, signal, "
            "value_hash, holders, weight_millibits, two_sided, sightings, owner_a, owner_b) "
            "values ($1, $2, $5, $6, $3, $7, $4, 2, 6000, true, 1, $5, $6)",
            [case_id, AS_OF, family, value, *pair, signal],
        )


def hold(home: Home, *lines: tuple[str, str, int]) -> None:
    """Hold micropoints of week 1 as (owner, subject, micropoints)."""
    with transaction(home) as connection:
        connection.execute(
            "insert into batches values ('S1W01/issue', 1, 1, 'issue', '', $1, $2, '', 0, 0)",
            [AS_OF, len(lines) + 1],
        )
        entries = [(f"held:{owner}", amount, subject) for owner, subject, amount in lines]
        entries.append(("emission:S1W01", -sum(amount for *_, amount in lines), None))
        connection.executemany(
            "insert into entries values ('S1W01/issue', $1, $2, $3, 'issued', $4)",
            [[line, *entry] for line, entry in enumerate(entries)],
        )


@pytest.fixture
def declare(home: Home, keys: Keys, tmp_path: Path):
    """Ingest accounts: account, changed, kind, group."""

    def ingested(*accounts: tuple[str, str, str, str]) -> None:
        path = tmp_path / "accounts-2025-03-20.csv"
        lines = [
            f"{account},2025-03-20T00:00:00Z,{changed}T00:00:00Z,{kind},{group}"
            for account, changed, kind, group in accounts
        ]
        header = "account_id,opened_at,changed_at,kind,declared_group"
        path.write_text("\n".join([header, *lines]) + "\n")
        assert ingest(home, keys.identifier, [path], NOW).total.quarantined == 0

    return ingested


# The policy in force ------------------------------------------------------------------------------


def test_a_new_home_has_the_preset_in_force(home: Home) -> None:
    found = load_policy(home)
    assert found.policy.version == "preset-1"
    assert found.text == home.policy.read_text(encoding="utf-8")
    assert found == read_policy(home.policy.read_bytes())


def test_without_a_policy_nothing_is_decided_and_it_is_said_where_it_belongs(home: Home) -> None:
    home.policy.unlink()
    with pytest.raises(HomeError, match=r"no policy at '.*policy\.toml'.*winnow init"):
        load_policy(home)


def test_a_policy_is_text(home: Home) -> None:
    with pytest.raises(PolicyError, match="not UTF-8"):
        read_policy(b"\xff")


def test_a_version_stands_for_one_text_for_good(home: Home) -> None:
    found = read_policy(POLICY)
    changed = read_policy(POLICY + b"# a word more\n")
    with transaction(home) as connection:
        for _ in range(2):
            store_policy(connection, found.sha256, found.policy.version, found.text, NOW)
        with pytest.raises(PolicyError, match=r"another text of policy 'try'.*new version"):
            store_policy(connection, changed.sha256, "try", changed.text, NOW)
    with warehouse(home, read_only=True) as connection:
        assert load_policy_text(connection, found.sha256) == found.text
        assert rows(connection, "select count(*) from policies") == [(1,)]
        with pytest.raises(PolicyError, match="no decision was made"):
            load_policy_text(connection, changed.sha256)


# Facts --------------------------------------------------------------------------------------------


def test_the_facts_of_a_case_are_what_was_seen_of_it(home: Home) -> None:
    open_case(home, "C-1", "a", "b", "c")
    see(home, "C-1", "device", "phone", "a", "b")
    see(home, "C-1", "device", "phone", "a", "c")
    see(home, "C-1", "device", "tablet", "b", "c")
    see(home, "C-1", "network", "cafe", "a", "c")
    facts = load_facts(home, ["C-1"]).facts["C-1"]
    assert (facts.owners, facts.accounts, facts.shared_devices) == (3, 3, 2)
    assert facts.families == ("device", "network")
    assert facts.score_millionths == 570_000  # not 569,999, which 0.57 is as a binary fraction
    assert not facts.declared_group


def test_kinds_are_those_in_force_where_the_evidence_ends(home: Home, declare) -> None:
    declare(
        ("a", "2025-03-20", "retail", ""),
        ("a", "2025-03-24", "institution", ""),
        ("a", "2025-03-28", "market_maker", ""),
        ("b", "2025-03-28", "institution", ""),
    )
    open_case(home, "C-1", "a", "b", "c")
    loaded = load_facts(home, ["C-1"])
    assert loaded.members.rows() == [
        ("C-1", "a", "a", "institution"),
        ("C-1", "b", "b", "retail"),  # was unknown then
        ("C-1", "c", "c", "retail"),  # was never known
    ]
    assert json.loads(loaded.canonical("C-1"))["kinds"] == {"a": ["institution"]}


@pytest.mark.parametrize(
    ("groups", "one"), [("ggg", True), ("ggh", False), ("gg-", False), ("---", False)]
)
def test_a_declared_group_is_one_that_all_declare(home: Home, declare, groups, one) -> None:
    declare(
        *(
            (account, "2025-03-20", "retail", group.replace("-", ""))
            for account, group in zip("abc", groups, strict=True)
        )
    )
    open_case(home, "C-1", "a", "b", "c")
    assert load_facts(home).facts["C-1"].declared_group is one


def test_who_comes_bit_by_bit_is_counted_as_the_whole(home: Home) -> None:
    open_case(home, "C-1", "a", "b", "c", "d")
    decided = move(home, "C-1", "confirm", "confirmed")
    for owner in ("a", "b", "c"):
        say(home, "C-1", decided, owner, "confirmed")
    say(home, "C-1", decided, "d", "cleared", 10_000)
    open_case(home, "C-2", "c", "e", root="C-1")
    loaded = load_facts(home)
    assert set(loaded.facts) == {"C-2"}
    assert loaded.facts["C-2"].owners == 4  # a, b, c and e
    assert loaded.members["owner_id"].to_list() == ["c", "e"]
    assert load_facts(home, ["C-1"]).facts["C-1"].owners == 4  # not those who came after


def test_what_is_said_of_earlier_cases_counts_as_it_stands_now(home: Home) -> None:
    open_case(home, "C-1", "a", "b")
    proposed = move(home, "C-1", "propose", "under_review")
    say(home, "C-1", proposed, "a", "confirmed")
    open_case(home, "C-2", "e", root="C-1")

    def owners() -> int:
        return load_facts(home, ["C-2"]).facts["C-2"].owners

    assert owners() == 1  # a proposal is no decision
    decided = move(home, "C-1", "confirm", "confirmed")
    for owner in ("a", "b"):
        say(home, "C-1", decided, owner, "confirmed")
    assert owners() == 3
    upheld = move(home, "C-1", "uphold", "upheld")
    say(home, "C-1", upheld, "a", "appeal", 4_000)
    say(home, "C-1", upheld, "b", "appeal", 10_000)
    assert owners() == 2  # b got everything back
    move(home, "C-1", "withdraw", "under_review")
    assert owners() == 1


def test_whom_a_final_case_was_wrong_about_counts_in_no_later_case(home: Home) -> None:
    open_case(home, "C-1", "a", "b")
    decided = move(home, "C-1", "confirm", "confirmed")
    for owner in ("a", "b"):
        say(home, "C-1", decided, owner, "confirmed")
    move(home, "C-1", "settle", "final")
    open_case(home, "C-2", "e", root="C-1")
    assert load_facts(home, ["C-2"]).facts["C-2"].owners == 3
    acknowledged = move(home, "C-1", "acknowledge", "final")
    say(home, "C-1", acknowledged, "b", "cleared", 10_000)
    assert load_facts(home, ["C-2"]).facts["C-2"].owners == 2


def test_an_unknown_case_is_refused(home: Home) -> None:
    with pytest.raises(CaseError, match="no case 'C-9'"):
        load_facts(home, ["C-9"])


def test_a_home_without_cases_has_no_facts(home: Home) -> None:
    loaded = load_facts(home)
    assert loaded.facts == {}
    assert loaded.members.is_empty()
    assert judge_members(read_policy(POLICY).policy, loaded).is_empty()


# Preview ------------------------------------------------------------------------------------------


def test_the_preview_says_rule_by_rule_what_would_be_taken(home: Home, declare) -> None:
    declare(("firm", "2025-03-20", "institution", ""))
    open_case(home, "C-1", "a", "firm")
    open_case(home, "C-2", *"cdefgh")
    open_case(home, "C-3", "z")
    move(home, "C-3", "confirm", "confirmed")
    hold(
        home,
        ("a", "a", 101),
        ("firm", "firm", 60),
        ("c", "c", 30),
        ("referrer", "d", 7),
        ("z", "z", 5),
    )
    seen = preview_policy(home, read_policy(POLICY).policy)
    assert [
        (of.rule, of.cases, of.owners, of.held_micropoints, of.kept_micropoints)
        for of in seen.rules
    ] == [
        ("tolerance", 0, 0, 0, 0),
        ("institution", 1, 1, 60, 60),
        ("few", 1, 1, 101, 51),  # what is kept is rounded up
        ("rest", 1, 6, 37, 0),  # a referrer's share follows the referee
    ]
    assert (seen.cases, seen.owners, seen.elsewhere_micropoints) == (2, 8, 5)
    assert (seen.held_micropoints, seen.kept_micropoints, seen.seized_micropoints) == (198, 111, 87)
    assert seen.two_people == ("C-2",)


def test_two_people_are_wanted_for_what_is_at_stake_too(home: Home) -> None:
    open_case(home, "C-1", "a", "b")
    hold(home, ("a", "b", 60_000_000), ("b", "b", 40_000_001))
    assert preview_policy(home, read_policy(POLICY).policy).two_people == ("C-1",)


def test_a_line_of_two_cases_is_counted_once_and_taken_from_once(home: Home) -> None:
    open_case(home, "C-1", "a", "b")
    open_case(home, "C-2", "b", "c")
    hold(home, ("b", "b", 1_001))
    seen = preview_policy(home, read_policy(POLICY).policy)
    (few,) = [of for of in seen.rules if of.rule == "few"]
    assert (few.held_micropoints, few.kept_micropoints) == (1_001, 501)
    assert (few.cases, few.owners) == (2, 3)


def test_a_preview_of_a_home_without_cases_is_all_zeros(home: Home) -> None:
    hold(home, ("a", "a", 5))
    seen = preview_policy(home, read_policy(POLICY).policy)
    assert (seen.cases, seen.owners, seen.held_micropoints) == (0, 0, 0)
    assert seen.elsewhere_micropoints == 5


owner_ids = st.sampled_from("abcdefgh")
cases_of_owners = st.lists(st.sets(owner_ids, min_size=1), max_size=4)
held_amounts = st.dictionaries(st.tuples(owner_ids, owner_ids), st.integers(1, 10**13), max_size=8)


def loaded_cases(cases: list[set[str]]) -> LoadedFacts:
    members = [
        (f"C-{number}", owner, owner, "institution" if owner == "h" else "retail")
        for number, owners in enumerate(cases)
        for owner in sorted(owners)
    ]
    facts = {
        f"C-{number}": CaseFacts(f"C-{number}", len(owners), len(owners), 0, 0, (), False)
        for number, owners in enumerate(cases)
    }
    columns = ("case_id", "account_id", "owner_id", "kind")
    schema = dict.fromkeys(columns, pl.String)
    return LoadedFacts(facts, pl.DataFrame(members, schema, orient="row"), moves=0)


@given(cases_of_owners, held_amounts)
def test_a_preview_adds_up_to_what_is_held(cases, amounts) -> None:
    lines = [(1, 1, *pair, amount, amount, 0) for pair, amount in amounts.items()]
    held = pl.DataFrame(lines, LINES, orient="row")
    seen = preview_of(read_policy(POLICY).policy, loaded_cases(cases), held)
    inside = set().union(*cases)
    assert seen.held_micropoints == sum(
        amount for pair, amount in amounts.items() if inside & set(pair)
    )
    assert seen.held_micropoints + seen.elsewhere_micropoints == sum(amounts.values())
    for part in (seen, *seen.rules):
        parts = (part.kept_micropoints, part.seized_micropoints)
        assert min(parts) >= 0
        assert sum(parts) == part.held_micropoints


def test_owners_are_judged_by_all_of_their_accounts(home: Home, declare) -> None:
    declare(("one", "2025-03-20", "institution", ""), ("two", "2025-03-20", "retail", ""))
    open_case(home, "C-1", "x")
    with transaction(home) as connection:
        connection.execute("delete from case_members")
        connection.execute(
            "insert into case_members (case_id, account_id, owner_id, added_at, since) values "
            "('C-1', 'one', 'firm', $1, 1), ('C-1', 'two', 'firm', $1, 1)",
            [AS_OF],
        )
    judged = judge_members(read_policy(POLICY).policy, load_facts(home))
    assert judged.select(pl.col("rule").unique()).item() == "few"
