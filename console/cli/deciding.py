"""What `winnow cases` does to a case: from its review to what is owed when it was decided wrong."""

from typing import Annotated

import polars as pl
import typer

from console.cli.invocation import AsJson, invocation
from console.cli.rendering import count, points, print_facts, print_json, print_line, print_table
from jobs import appeal as appeals
from jobs.appeal import Answer, Moved
from jobs.carrying_out import CarriedOut
from jobs.decide import PROPOSE, Decision, Outcome, Verdict, preview_decision
from jobs.decide import decide as decide_case
from jobs.season_files import load_seasons
from seasons.calendar import find_week
from seasons.policy import KEEP_ALL
from warehouse.recording import NewMove

CaseArgument = Annotated[str, typer.Argument(metavar="ID", help="Which case.")]
By = Annotated[str, typer.Option(help="Who does it; it is stored for good.")]
Reason = Annotated[str, typer.Option(help="Why; it is stored for good.")]
OwnerOption = Annotated[str, typer.Option(metavar="OWNER", help="Whom it concerns.")]


def review(
    ctx: typer.Context,
    case_id: CaseArgument,
    by: By,
    reason: Reason = "taken up",
    as_json: AsJson = False,
) -> None:
    """Take a case up, so that others see that somebody looks at it.

    Example: winnow cases review C-1a2b3c4d --by anna
    """
    called = invocation(ctx)
    new = NewMove(case_id, "review", by, reason)
    _tell(appeals.review(called.home, called.keys, new, called.now()), as_json=as_json)


def decide(
    ctx: typer.Context,
    case_id: CaseArgument,
    confirm: Annotated[bool, typer.Option("--confirm/--dismiss", help="The decision.")],
    by: By,
    reason: Reason,
    clear: Annotated[
        list[str] | None,
        typer.Option(metavar="ACCOUNT", help="Confirm all but this one; may be repeated."),
    ] = None,
    reach_back: Annotated[
        str | None, typer.Option(metavar="WEEK", help="Take from earlier weeks too, from it on.")
    ] = None,
    preview: Annotated[bool, typer.Option(help="Only say what it would do.")] = False,
    as_json: AsJson = False,
) -> None:
    """Decide a case. The policy grades a confirmation; a dismissal releases what is held.

    Where the policy wants two people, the first one's decision is a proposal, and takes effect once
    somebody else decides the same.

    Example: winnow cases decide C-1a2b3c4d --confirm --clear acct-7 --by anna --reason "one owner"
    """
    called = invocation(ctx)
    decision = Decision(
        case_id,
        Verdict.CONFIRM if confirm else Verdict.DISMISS,
        by,
        reason,
        frozenset(clear or ()),
        None
        if reach_back is None
        else find_week([terms.calendar for terms in load_seasons(called.home)], reach_back),
    )
    carry = preview_decision if preview else decide_case
    outcome = carry(called.home, called.keys, decision, called.now())
    if as_json:
        print_json(_outcome_document(outcome, preview=preview))
        return
    _show_outcome(outcome, preview=preview)


def agree(
    ctx: typer.Context, case_id: CaseArgument, by: By, reason: Reason, as_json: AsJson = False
) -> None:
    """Agree to a decision that one person made alone, so that it may take more than one alone may.

    Weeks that are issued after a decision can make much of what was little when it was decided.

    Example: winnow cases agree C-1a2b3c4d --by ben --reason "looked at it too"
    """
    called = invocation(ctx)
    new = NewMove(case_id, "agree", by, reason)
    _tell(appeals.agree(called.home, called.keys, new, called.now()), as_json=as_json)


def withdraw(
    ctx: typer.Context, case_id: CaseArgument, by: By, reason: Reason, as_json: AsJson = False
) -> None:
    """Take a decision back before it is final; what it took returns, and the case is open again.

    Example: winnow cases withdraw C-1a2b3c4d --by anna --reason "the wrong case"
    """
    called = invocation(ctx)
    new = NewMove(case_id, "withdraw", by, reason)
    _tell(appeals.withdraw(called.home, called.keys, new, called.now()), as_json=as_json)


def appeal(
    ctx: typer.Context,
    case_id: CaseArgument,
    owner: OwnerOption,
    by: By,
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Record an owner's appeal; nothing of the case becomes final until it is answered.

    Example: winnow cases appeal C-1a2b3c4d --owner trader-7 --by support --reason "bought account"
    """
    called = invocation(ctx)
    new = NewMove(case_id, "appeal", by, reason, owner_id=owner)
    _tell(appeals.appeal(called.home, called.keys, new, called.now()), as_json=as_json)


def answer(
    ctx: typer.Context,
    case_id: CaseArgument,
    owner: OwnerOption,
    uphold: Annotated[bool, typer.Option("--uphold/--reject", help="The answer.")],
    by: By,
    reason: Reason,
    keep_bps: Annotated[
        int, typer.Option(min=1, max=KEEP_ALL, help="Upheld in part: what they keep, of 10,000.")
    ] = KEEP_ALL,
    as_json: AsJson = False,
) -> None:
    """Answer an appeal; nobody answers one against a decision that they took part in.

    Example: winnow cases answer C-1a2b3c4d --owner trader-7 --uphold --by ben --reason "verified"
    """
    called = invocation(ctx)
    if not uphold and keep_bps != KEEP_ALL:
        raise typer.BadParameter("--keep-bps is the part that an upheld appeal keeps; not --reject")
    given = Answer(case_id, owner, keep_bps if uphold else None, by, reason)
    _tell(appeals.answer(called.home, called.keys, given, called.now()), as_json=as_json)


def acknowledge(
    ctx: typer.Context,
    case_id: CaseArgument,
    owner: OwnerOption,
    by: By,
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Acknowledge that a final decision was wrong about an owner; what is owed is written down.

    Their points were spread over others and are not taken back, nor is anything minted. A drop from
    a declared budget can make up for it.

    Example: winnow cases acknowledge C-1a2b3c4d --owner mm-1 --by ben --reason "a market maker"
    """
    called = invocation(ctx)
    new = NewMove(case_id, "acknowledge", by, reason, owner_id=owner)
    _tell(appeals.acknowledge(called.home, called.keys, new, called.now()), as_json=as_json)


def _tell(moved: Moved, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "case": moved.case,
                "move": moved.move,
                "state": moved.state,
                **_done_document(moved.done),
                "owed_micropoints": str(moved.owed_micropoints),
            }
        )
        return
    owed = (
        [("owed, written down", points(moved.owed_micropoints))] if moved.owed_micropoints else []
    )
    print_facts(f"Case {moved.case} is {_spoken(moved.state)}", (*_facts(moved.done), *owed))


def _show_outcome(outcome: Outcome, *, preview: bool) -> None:
    would = "would be" if preview else "is"
    print_facts(
        f"Case {outcome.case} {would} {_spoken(outcome.state)}",
        (
            ("policy", outcome.policy),
            ("at stake", points(outcome.at_stake_micropoints)),
            *_facts(outcome.done),
        ),
    )
    if not outcome.verdicts.is_empty():
        _show_verdicts(outcome.verdicts)
    if outcome.move == PROPOSE:
        print_line(
            "The policy wants two people for a case of this size: "
            + (
                "this would be a proposal."
                if preview
                else "this is a proposal, and moves nothing until somebody else decides the same."
            )
        )


def _show_verdicts(verdicts: pl.DataFrame) -> None:
    by_rule = verdicts.group_by("rule", "verdict", "keep_bps").agg(
        pl.len().alias("accounts"), pl.col("owner_id").n_unique().alias("owners")
    )
    print_table(
        "By rule of the policy",
        ("rule", "verdict", "kept", "accounts", "owners"),
        [
            (rule, verdict, f"{bps / 100:g} %", count(accounts), count(owners))
            for rule, verdict, bps, accounts, owners in by_rule.sort("rule").iter_rows()
        ],
        numbers=("kept", "accounts", "owners"),
    )


def _facts(done: CarriedOut) -> tuple[tuple[str, str], ...]:
    """Return what was moved, without what was not."""
    amounts = (
        ("seized into escrow", done.seized_micropoints),
        ("reached back for", done.reached_back_micropoints),
        ("restored", done.restored_micropoints),
        ("released", done.released_micropoints),
    )
    return (
        *((name, points(amount)) for name, amount in amounts if amount),
        *(("batch", batch) for batch in done.batches),
    )


def _outcome_document(outcome: Outcome, *, preview: bool) -> dict[str, object]:
    return {
        "case": outcome.case,
        "state": outcome.state,
        "move": outcome.move,
        "preview": preview,
        "policy": outcome.policy,
        "at_stake_micropoints": str(outcome.at_stake_micropoints),
        **_done_document(outcome.done),
        "verdicts": outcome.verdicts.to_dicts(),
    }


def _done_document(done: CarriedOut) -> dict[str, object]:
    return {
        "seized_micropoints": str(done.seized_micropoints),
        "reached_back_micropoints": str(done.reached_back_micropoints),
        "restored_micropoints": str(done.restored_micropoints),
        "released_micropoints": str(done.released_micropoints),
        "owners_released": done.owners_released,
        "batches": list(done.batches),
    }


def _spoken(state: str) -> str:
    return state.replace("_", " ")
