"""`winnow cases` is the moderators' queue in the terminal."""

from typing import Annotated, Any, Final

import polars as pl
import typer

from console.cli import deciding
from console.cli.deciding import CaseArgument
from console.cli.invocation import AsJson, invocation
from console.cli.notice import notice
from console.cli.rendering import (
    count,
    moment,
    print_facts,
    print_json,
    print_list,
    print_table,
)
from detection.explain import Explanation
from jobs.explain import explain_case
from warehouse.cases import CaseFile, list_cases
from warehouse.connection import warehouse

OBSERVATIONS_SHOWN: Final = 10

cases_app = typer.Typer(
    help="List, read and decide the cases that detection opened, and answer appeals.",
    no_args_is_help=True,
    add_completion=False,
)


@cases_app.command("list")
def list_(
    ctx: typer.Context,
    state: Annotated[
        str | None, typer.Option(help="Only cases in this state, as in open or noticed.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the cases, the most evidence first.

    Example: winnow cases list --state open
    """
    with warehouse(invocation(ctx).home, read_only=True) as connection:
        cases = list_cases(connection, state)
    if as_json:
        print_json(cases.to_dicts())
        return
    print_table(
        f"{count(cases.height)} cases",
        ("case", "state", "score", "accounts", "owners", "families", "opened"),
        [_line(case) for case in cases.iter_rows(named=True)],
        numbers=("score", "accounts", "owners"),
        prose="families",
    )


@cases_app.command()
def show(ctx: typer.Context, case_id: CaseArgument, as_json: AsJson = False) -> None:
    """Show what was observed in a case, and what speaks against it.

    Example: winnow cases show C-1a2b3c4d
    """
    case, explanation = explain_case(invocation(ctx).home, case_id)
    if as_json:
        print_json(_document(case, explanation))
        return
    _show(case, explanation)


for command in (
    deciding.review,
    deciding.decide,
    deciding.agree,
    deciding.withdraw,
    deciding.appeal,
    deciding.answer,
    deciding.acknowledge,
    notice,
):
    cases_app.command()(command)


def _line(case: dict[str, Any]) -> tuple[str, ...]:
    return (
        case["case_id"],
        case["state"],
        f"{case['score']:.3f}",
        count(case["accounts"]),
        count(case["owners"]),
        ", ".join(case["families"]),
        f"{case['opened_at']:%Y-%m-%d}",
    )


def _document(case: CaseFile, explanation: Explanation) -> dict[str, Any]:
    return {
        "case_id": case.case_id,
        "cluster_id": case.cluster_id,
        "root": case.root,
        "follows": case.follows,
        "state": case.state,
        "score": case.score,
        "opened_at": case.opened_at,
        "as_of": case.as_of,
        "members": case.members.to_dicts(),
        "evidence": case.evidence.to_dicts(),
        "moves": case.moves,
        "verdicts": case.verdicts.to_dicts(),
        "explanation": explanation,
    }


def _show(case: CaseFile, explanation: Explanation) -> None:
    owners = case.members["owner_id"].n_unique()
    print_facts(
        f"Case {case.case_id}",
        (
            ("state", case.state.replace("_", " ")),
            *((("follows", case.follows),) if case.follows else ()),
            ("score", f"{case.score:.3f}, which is no probability"),
            ("opened", moment(case.opened_at)),
            ("seen until", moment(case.as_of)),
            ("accounts", f"{count(case.members.height)} of {count(owners)} owners"),
        ),
    )
    print_table(
        "Evidence by family, in bits for each owner beyond the first",
        ("family", "bits", "pairs", "edges", "two-sided"),
        [
            (bar.family, _bits(bar.millibits), *map(count, (bar.pairs, bar.edges, bar.two_sided)))
            for bar in explanation.bars
        ],
        numbers=("bits", "pairs", "edges", "two-sided"),
    )
    print_list("What was observed", _shortened(explanation.observations))
    against = (*explanation.counter_evidence, explanation.innocent)
    print_list("What speaks against it", against)
    print_list("What would have to be false", explanation.must_be_false)
    _show_members(case.members)
    _show_verdicts(case.verdicts)
    print_table(
        "Moves",
        ("", "move", "of", "by", "when", "reason"),
        [
            (
                str(move.seq),
                move.move,
                move.owner_id or "",
                move.moved_by,
                moment(move.moved_at),
                move.reason if move.until is None else f"appeals until {moment(move.until)}",
            )
            for move in case.moves
        ],
    )


def _shortened(observations: tuple[str, ...]) -> tuple[str, ...]:
    more = len(observations) - OBSERVATIONS_SHOWN
    if more <= 0:
        return observations
    return (
        *observations[:OBSERVATIONS_SHOWN],
        f"and {count(more)} more; --json has all of them",
    )


def _show_members(members: pl.DataFrame) -> None:
    rows = members.select("account_id", "owner_id").iter_rows()
    print_table("Accounts", ("account", "owner"), list(rows))


def _show_verdicts(verdicts: pl.DataFrame) -> None:
    if verdicts.is_empty():
        return
    newest = verdicts.unique(("account_id", "owner_id"), keep="last", maintain_order=True)
    print_table(
        "Verdicts, with the move that said so last; --json has all that were ever said",
        ("move", "account", "owner", "verdict", "kept", "rule"),
        [
            (str(seq), account, owner, verdict, f"{keep_bps / 100:g} %", rule)
            for seq, account, owner, verdict, keep_bps, rule in newest.iter_rows()
        ],
        numbers=("kept",),
    )


def _bits(millibits: int) -> str:
    return f"{millibits // 1000}.{millibits % 1000:03d}"
