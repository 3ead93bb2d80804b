"""Reads the policy in force and what it may ask about cases, and says what it would do to them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Final

import polars as pl

from seasons.enforcement import seizures_due
from seasons.policy import (
    KEEP_ALL,
    TOLERANCE,
    CaseFacts,
    Policy,
    judge,
    needs_two,
    parse_policy,
)
from seasons.proofs import canonical_json
from warehouse import ledger
from warehouse.cases import moves_count
from warehouse.connection import warehouse
from warehouse.errors import CaseError, HomeError, PolicyError
from warehouse.events import registered_files
from warehouse.evidence import load_kinds
from warehouse.home import Home
from warehouse.policies import load_case_facts, load_case_members, undecided_cases

_LINE_KEY: Final = ("season", "week", "owner_id", "subject")
_JUDGED: Final = pl.Schema(
    {
        "case_id": pl.String(),
        "kinds": pl.List(pl.String()),
        "rule": pl.String(),
        "keep_bps": pl.Int32(),
    }
)


@dataclass(frozen=True)
class InForce:
    """The policy that a decision made now would go by.

    Attributes:
        policy: As read.
        text: The whole file.
        sha256: Of the file's bytes, in hexadecimal.
    """

    policy: Policy
    text: str
    sha256: str


@dataclass(frozen=True)
class RulePreview:
    """What one rule would do.

    A held line may concern several owners and cases. It is counted once, under the rule that
    leaves least of it; of two such, the one tried first.

    Attributes:
        rule: Its name.
        keep_bps: What it lets owners keep.
        cases: Cases with an owner whom it would judge.
        owners: Owners whom it would judge; an owner may come under another rule in another case.
        held_micropoints: What is held because of them now.
        kept_micropoints: What no case would take of that.
        seized_micropoints: What cases would take of it.
    """

    rule: str
    keep_bps: int
    cases: int
    owners: int
    held_micropoints: int
    kept_micropoints: int
    seized_micropoints: int


@dataclass(frozen=True)
class PolicyPreview:
    """What a policy would do if every undecided case were confirmed whole, now.

    Attributes:
        version: Of the policy.
        rules: The tolerance and all rules, in the order in which they are tried.
        cases: Undecided cases.
        owners: Owners in them.
        held_micropoints: What is held because of them: the sum over the rules.
        kept_micropoints: Likewise.
        seized_micropoints: Likewise.
        elsewhere_micropoints: What is held for the sake of decided cases alone. With
            `held_micropoints` it is all that the ledger holds.
        two_people: Cases that two people must decide, sorted.
    """

    version: str
    rules: tuple[RulePreview, ...]
    cases: int
    owners: int
    held_micropoints: int
    kept_micropoints: int
    seized_micropoints: int
    elsewhere_micropoints: int
    two_people: tuple[str, ...]


@dataclass(frozen=True)
class LoadedFacts:
    """What a policy may ask about some cases.

    Attributes:
        facts: By case id.
        members: case_id, account_id, owner_id, kind; one row a member, sorted.
        moves: Number of moves over all cases that they were loaded as of.
    """

    facts: Mapping[str, CaseFacts]
    members: pl.DataFrame
    moves: int

    def of(self, case_id: str) -> "LoadedFacts":
        """Return what is loaded of one case."""
        members = self.members.filter(pl.col("case_id") == case_id)
        return LoadedFacts({case_id: self.facts[case_id]}, members, self.moves)

    def kinds(self, case_id: str) -> dict[str, frozenset[str]]:
        """Return the kinds of the accounts of each owner of a case, by owner id."""
        of_case = self.members.filter(pl.col("case_id") == case_id)
        grouped = of_case.group_by("owner_id").agg("kind").sort("owner_id")
        return {owner_id: frozenset(kinds) for owner_id, kinds in grouped.iter_rows()}

    def canonical(self, case_id: str) -> str:
        """Return what the policy is asked about a case, as canonical JSON.

        Owners whose accounts are all retail are not named in it.
        """
        kinds = {
            owner_id: sorted(kinds)
            for owner_id, kinds in self.kinds(case_id).items()
            if kinds != {"retail"}
        }
        return canonical_json({**asdict(self.facts[case_id]), "kinds": kinds})


def load_policy(home: Home) -> InForce:
    """Return the home's policy.

    Raises:
        HomeError: There is none.
        PolicyError: It is malformed.
    """
    if not home.policy.exists():
        raise HomeError(
            f"there is no policy at {str(home.policy)!r}, and nothing is decided without one; "
            "`winnow init` writes one into a new home: copy that, or write your own"
        )
    return read_policy(home.policy.read_bytes())


def read_policy(content: bytes) -> InForce:
    """Return the policy that a file's bytes hold.

    Raises:
        PolicyError: It is malformed, or no UTF-8 text.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise PolicyError("the policy file is not UTF-8 text") from error
    return InForce(parse_policy(text), text, sha256(content).hexdigest())


def load_facts(home: Home, case_ids: Sequence[str] | None = None) -> LoadedFacts:
    """Return what a policy may ask about cases; the warehouse is held for a short look alone.

    An account's kind and declared group are those in force where the case's evidence ends; an
    account that was unknown by then counts as retail and declares nothing.

    Args:
        home: The home.
        case_ids: Which cases; None means all that are undecided.

    Raises:
        CaseError: There is no such case.
    """
    with warehouse(home, read_only=True) as connection:
        wanted = undecided_cases(connection) if case_ids is None else tuple(case_ids)
        cases, moves = load_case_facts(connection, wanted), moves_count(connection)
        members = load_case_members(connection, wanted)
        files = registered_files(connection, "accounts")
    unknown = sorted(set(wanted) - set(cases["case_id"]))
    if unknown:
        raise CaseError(f"there is no case {unknown[0]!r}; see: winnow cases list")
    asked = members.join(cases.select("case_id", "as_of"), on="case_id")
    declared = load_kinds(home, files, asked.select("account_id", "as_of").unique())
    known = asked.join(
        declared, on=["account_id", "as_of"], how="left", maintain_order="left"
    ).with_columns(pl.col("kind").fill_null("retail"))
    return LoadedFacts(
        _facts(cases, known), known.select("case_id", "account_id", "owner_id", "kind"), moves
    )


def judge_members(policy: Policy, loaded: LoadedFacts) -> pl.DataFrame:
    """Return what a policy says of every member, were each case confirmed whole.

    Returns:
        case_id, account_id, owner_id, rule, keep_bps (Int32); one row a member, sorted. All
        accounts of an owner in a case are judged alike.
    """
    kinds = pl.col("kind").unique().sort().over("case_id", "owner_id", mapping_strategy="join")
    members = loaded.members.with_columns(kinds.alias("kinds"))
    judged = []
    for case_id, of_owner in members.select("case_id", "kinds").unique().iter_rows():
        judgement = judge(policy, loaded.facts[case_id], frozenset(of_owner))
        judged.append((case_id, of_owner, judgement.rule, judgement.keep_bps))
    verdicts = pl.DataFrame(judged, schema=_JUDGED, orient="row")
    return (
        members.join(verdicts, on=["case_id", "kinds"])
        .select("case_id", "account_id", "owner_id", "rule", "keep_bps")
        .sort("case_id", "account_id", "owner_id")
    )


def preview_policy(home: Home, policy: Policy) -> PolicyPreview:
    """Return what a policy would do to the undecided cases; nothing is changed.

    Points that a decision could reach back to are not in it: a decision says from which week on.

    Raises:
        HomeError: A file of events is gone.
    """
    loaded = load_facts(home)
    with warehouse(home, read_only=True) as connection:
        held = ledger.lines(connection)
    return preview_of(policy, loaded, held)


def preview_of(policy: Policy, loaded: LoadedFacts, held: pl.DataFrame) -> PolicyPreview:
    """Return what a policy would do if every case that is loaded were confirmed whole.

    Args:
        policy: The policy.
        loaded: The cases.
        held: `seasons.accounts.LINES`, all that is held.
    """
    verdicts = judge_members(policy, loaded).drop("account_id").unique()
    lines = held.with_row_index("line")
    concerned = _concerned(lines, verdicts)
    outcomes = _outcomes(policy, lines, concerned, _seized(held, verdicts))
    of_rules = tuple(
        _of_rule(name, keep_bps, verdicts, outcomes) for name, keep_bps in _tried(policy)
    )
    inside = sum(rule.held_micropoints for rule in of_rules)
    return PolicyPreview(
        version=policy.version,
        rules=of_rules,
        cases=len(loaded.facts),
        owners=verdicts["owner_id"].n_unique(),
        held_micropoints=inside,
        kept_micropoints=sum(rule.kept_micropoints for rule in of_rules),
        seized_micropoints=sum(rule.seized_micropoints for rule in of_rules),
        elsewhere_micropoints=sum(held["micropoints"].to_list()) - inside,
        two_people=_two_people(policy, loaded, concerned),
    )


def _tried(policy: Policy) -> tuple[tuple[str, int], ...]:
    """Return the name and keep_bps of everything that judges, in the order in which it is tried."""
    return ((TOLERANCE, KEEP_ALL), *((rule.name, rule.keep_bps) for rule in policy.rule))


def _concerned(lines: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame:
    """Return the verdicts that each held line meets: line, micropoints, case_id, rule, keep_bps."""
    met = [
        lines.join(verdicts, left_on=side, right_on="owner_id").select(
            "line", "micropoints", "case_id", "rule", "keep_bps"
        )
        for side in ("owner_id", "subject")
    ]
    return pl.concat(met).unique()


def _seized(held: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame:
    """Return what the cases would take, all in turn, of each held line; by the line's key."""
    taken = seizures_due(held, verdicts)
    return taken.group_by(*_LINE_KEY).agg(pl.col("micropoints").sum().alias("seized"))


def _outcomes(
    policy: Policy, lines: pl.DataFrame, concerned: pl.DataFrame, seized: pl.DataFrame
) -> pl.DataFrame:
    """Return rule, micropoints and seized of each held line that a case concerns."""
    tried = [name for name, _ in _tried(policy)]
    order = pl.col("rule").replace_strict(tried, range(len(tried)), return_dtype=pl.Int32)
    ruling = (
        concerned.with_columns(order.alias("order"))
        .sort("line", "keep_bps", "order")
        .unique("line", keep="first", maintain_order=True)
    )
    return (
        lines.join(ruling.select("line", "rule"), on="line")
        .join(seized, on=_LINE_KEY, how="left")
        .select("rule", "micropoints", pl.col("seized").fill_null(0))
    )


def _of_rule(
    name: str, keep_bps: int, verdicts: pl.DataFrame, outcomes: pl.DataFrame
) -> RulePreview:
    judged = verdicts.filter(pl.col("rule") == name)
    lines = outcomes.filter(pl.col("rule") == name)
    held, seized = (sum(lines[column].to_list()) for column in ("micropoints", "seized"))
    return RulePreview(
        rule=name,
        keep_bps=keep_bps,
        cases=judged["case_id"].n_unique(),
        owners=judged["owner_id"].n_unique(),
        held_micropoints=held,
        kept_micropoints=held - seized,
        seized_micropoints=seized,
    )


def _two_people(policy: Policy, loaded: LoadedFacts, concerned: pl.DataFrame) -> tuple[str, ...]:
    """Return the cases that two people must decide; at stake is what is held because of them."""
    lines = concerned.select("case_id", "line", "micropoints").unique()
    sums = lines.group_by("case_id").agg(pl.col("micropoints").sum())
    stakes = dict(sums.iter_rows())
    return tuple(
        case_id
        for case_id, facts in sorted(loaded.facts.items())
        if needs_two(policy, facts.owners, stakes.get(case_id, 0))
    )


def _facts(cases: pl.DataFrame, members: pl.DataFrame) -> dict[str, CaseFacts]:
    declared = members.group_by("case_id").agg(
        (
            (pl.col("declared_group").null_count() == 0)
            & (pl.col("declared_group").n_unique() == 1)
        ).alias("declared_group")
    )
    whole = cases.join(declared, on="case_id", how="left").with_columns(
        pl.col("declared_group").fill_null(value=False)
    )
    return {
        case["case_id"]: CaseFacts(
            case_id=case["case_id"],
            owners=case["owners"],
            accounts=case["accounts"],
            shared_devices=case["shared_devices"],
            # By the digits that people see, so that "0.57" is not 0.569999.
            score_millionths=int(Decimal(repr(case["score"])) * 1_000_000),
            families=tuple(case["families"]),
            declared_group=case["declared_group"],
        )
        for case in whole.iter_rows(named=True)
    }
