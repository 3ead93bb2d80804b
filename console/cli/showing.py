"""How `winnow cases show` lays a case out, on the screen and as JSON."""

from datetime import datetime
from typing import Any, Final

import polars as pl

from console.cli.rendering import count, moment, print_facts, print_list, print_table
from detection.explain import Explanation
from detection.observations import Observed
from jobs.explain import EventRow, Reading, RowsBehind
from jobs.timelines import PairTimeline
from warehouse.cases import CaseFile

OBSERVATIONS_SHOWN: Final = 10
# Observations of a family whose rows the screen shows; --json has those of all.
ROWS_OF_A_FAMILY: Final = 3


def document(reading: Reading) -> dict[str, Any]:
    """Return the whole case as JSON has it; what was not asked for is null."""
    case = reading.case
    return {
        "case_id": case.case_id,
        "cluster_id": case.cluster_id,
        "root": case.root,
        "follows": case.follows,
        "state": case.state,
        "score": case.score,
        "opened_at": case.opened_at,
        "as_of": case.as_of,
        "routes": case.routes,
        "members": case.members.to_dicts(),
        "evidence": case.evidence.to_dicts(),
        "moves": case.moves,
        "verdicts": case.verdicts.to_dicts(),
        "explanation": reading.explanation,
        "rows": reading.rows,
        "timelines": reading.timelines,
    }


def show_case(reading: Reading, *, whole: bool = False) -> None:
    """Print the case; with `whole`, the rows of every observation that was asked for."""
    case, explanation = reading.case, reading.explanation
    _show_head(case, explanation)
    if reading.rows is not None:
        _show_rows(reading.rows, explanation.observed, whole=whole)
    for timeline in reading.timelines or ():
        show_timeline(timeline)
    if reading.timelines == ():
        print_table("What two owners traded together", (), ())
    print_list("What speaks against it", (*explanation.counter_evidence, explanation.innocent))
    print_list("What would have to be false", explanation.must_be_false)
    _show_members(case.members, explanation)
    _show_verdicts(case.verdicts)
    _show_moves(case)


def _show_head(case: CaseFile, explanation: Explanation) -> None:
    owners = case.members["owner_id"].n_unique()
    print_facts(
        f"Case {case.case_id}",
        (
            ("state", case.state.replace("_", " ")),
            *((("follows", case.follows),) if case.follows else ()),
            ("score", f"{case.score:.3f}, which is no probability"),
            ("opened", moment(case.opened_at)),
            ("came by", ", ".join(case.routes).replace("_", " ") or "evidence"),
            ("seen until", moment(case.as_of)),
            ("accounts", f"{count(case.members.height)} of {count(owners)} owners"),
        ),
    )
    print_table(
        "Evidence by family, in bits for each owner beyond the first",
        ("family", "kind", "bits", "pairs", "edges", "two-sided"),
        [
            (
                bar.family,
                bar.kind,
                _bits(bar.millibits),
                *map(count, (bar.pairs, bar.edges, bar.two_sided)),
            )
            for bar in explanation.bars
        ],
        numbers=("bits", "pairs", "edges", "two-sided"),
    )
    print_list("What was observed", _shortened(explanation.observations))


def _shortened(observations: tuple[str, ...]) -> tuple[str, ...]:
    more = len(observations) - OBSERVATIONS_SHOWN
    if more <= 0:
        return observations
    return (
        *observations[:OBSERVATIONS_SHOWN],
        f"and {count(more)} more; --json has all of them",
    )


def _show_rows(
    rows: tuple[RowsBehind, ...], observed: tuple[Observed, ...], *, whole: bool
) -> None:
    behind = {one.number: one for one in rows}
    shown: dict[str, int] = {}
    for one in observed:
        if one.number in behind:
            shown[one.family] = shown.get(one.family, 0) + 1
            if whole or shown[one.family] <= ROWS_OF_A_FAMILY:
                _show_rows_of(one, behind[one.number])
    left = sum(max(0, number - ROWS_OF_A_FAMILY) for number in shown.values())
    if left and not whole:
        print_list("", (f"rows of {count(left)} more observations: --family, --of or --json",))
    if not shown:
        print_table("Rows", (), ())


def _show_rows_of(one: Observed, behind: RowsBehind) -> None:
    more = behind.in_all - len(behind.rows)
    print_table(
        f"{one.number}. {one.sentence}",
        ("event", "when, UTC", "of", "hop", "what", "market", "usd"),
        [_cells(row) for row in behind.rows],
        numbers=("hop", "usd"),
        prose="what",
    )
    if more:
        print_list("", (f"and {count(more)} more rows; --most {behind.in_all} has all of them",))


def _cells(row: EventRow) -> tuple[str, ...]:
    what = f"{row.actor} {row.act}" + ("" if row.upon is None else f" {row.upon}")
    hop = "" if row.hop is None else str(row.hop)
    return (row.event_id, _second(row.ts), row.owner_id, hop, what, row.market or "", row.usd or "")


def show_timeline(timeline: PairTimeline) -> None:
    """Print what two owners traded together, and which sequences both opened."""
    both = f"{timeline.pair.owner_a} (a) and {timeline.pair.owner_b} (b)"
    if timeline.seconds:
        _show_aligned(timeline, both)
    if timeline.repeated:
        print_table(
            f"Positions that {both} opened in the same sequences, or always as much apart",
            ("sequence", "owners who did", "a began, UTC", "b began, UTC"),
            [
                (
                    row.steps,
                    "" if row.holders is None else count(row.holders),
                    _second(row.began_a),
                    _second(row.began_b),
                )
                for row in timeline.repeated
            ],
            numbers=("owners who did",),
            prose="sequence",
        )


def _show_aligned(timeline: PairTimeline, both: str) -> None:
    more = timeline.aligned_in_all > len(timeline.aligned)
    print_table(
        f"What {both} traded in the same {timeline.seconds} seconds"
        + (f"; the first of {count(timeline.aligned_in_all)} times" if more else ""),
        ("when, UTC", "market", "a", "a, usd", "b", "b, usd", "fills", "between them"),
        [
            (
                _second(row.ts),
                row.market,
                row.side_a,
                row.usd_a,
                row.side_b,
                row.usd_b,
                count(row.fills),
                count(row.met),
            )
            for row in timeline.aligned
        ],
        numbers=("a, usd", "b, usd", "fills", "between them"),
    )


def _second(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S}"


def _show_members(members: pl.DataFrame, explanation: Explanation) -> None:
    strengths = {one.owner_id: one for one in explanation.strengths}
    lines = []
    for account_id, owner_id in members.select("account_id", "owner_id").iter_rows():
        one = strengths.get(owner_id)
        held = ("", "") if one is None else (_bits(one.millibits), count(one.linked))
        lines.append((account_id, owner_id, *held))
    print_table(
        "Accounts, and how firmly their owners belong: bits to the mean other owner",
        ("account", "owner", "strength", "linked to"),
        lines,
        numbers=("strength", "linked to"),
    )


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


def _show_moves(case: CaseFile) -> None:
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


def _bits(millibits: int) -> str:
    return f"{millibits // 1000}.{millibits % 1000:03d}"
