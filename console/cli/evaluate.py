"""`winnow evaluate` compares the detection with labels that somebody published."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from console.cli.hop_tables import between, share, show_choices, show_hop
from console.cli.invocation import AsJson, invocation, require_folder
from console.cli.rendering import count, points, print_facts, print_json, print_line, print_table
from jobs.clock import real_now
from jobs.evaluate_hop import evaluate_hop
from jobs.evaluate_xstocks import XstocksReport, evaluate_xstocks
from jobs.xstocks_wallets import WalletAgreement

evaluate_app = typer.Typer(
    name="evaluate",
    help="Compare the detection with labels that somebody published.",
    no_args_is_help=True,
    add_completion=False,
)

Data = Annotated[
    Path,
    typer.Option("--data", exists=True, file_okay=False, help="Folder of the published files."),
]


@evaluate_app.command("hop")
def hop(
    data: Data,
    scores: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            help="Write a score for every account to this Parquet file, trained on the labels that "
            "the folder holds.",
        ),
    ] = None,
    entity_lists: Annotated[
        bool, typer.Option("--entity-lists", help="Also compare with Hop's own address lists.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of folds and decomposition.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Compare with the published decisions of Hop Protocol's airdrop.

    Example: winnow evaluate hop --data DIR --scores scores.parquet
    """
    require_folder(scores)
    with _progress() as tell:
        report = evaluate_hop(
            data, entity_lists=entity_lists, scores=scores, seed=seed, progress=tell
        )
    if as_json:
        print_json(report)
    else:
        show_hop(report)


@evaluate_app.command("xstocks")
def xstocks(ctx: typer.Context, data: Data, as_json: AsJson = False) -> None:
    """Issue a week of real swaps and say what the detection sees of it.

    The rehearsal home is temporary; `winnow --home DIR evaluate xstocks` keeps it.

    Example: winnow evaluate xstocks --data DIR
    """
    kept = ctx.find_root().params.get("home")
    home = invocation(ctx).settings.home if kept else None
    with _progress() as tell:
        report = evaluate_xstocks(data, real_now=real_now(), home=home, progress=tell)
    if as_json:
        print_json(report)
    else:
        _show_xstocks(report)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show on standard error what is being done, where that is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("starting") as status:
        yield status.update


def _show_xstocks(report: XstocksReport) -> None:
    seen, issued = report.seen, report.issued
    print_facts(
        "A week of real swaps, played in a rehearsal home",
        (
            ("swaps", f"{count(report.swaps)} of {count(report.wallets)} wallets"),
            ("events", f"{count(report.accepted)} taken, {count(report.quarantined)} quarantined"),
            (
                "funding edges",
                f"{report.transfers} as transfers, {report.edges_left_out} left out",
            ),
            ("issued", f"{points(issued.issued_micropoints)} points to {issued.owners} owners"),
            ("held", f"{points(issued.held_micropoints)} points"),
            ("evidence", f"{seen.evidence_edges} edges, {seen.clusters} clusters"),
        ),
    )
    print_line(
        f"of {seen.named} named wallets, {seen.named_in_cases} are in a case, "
        f"{seen.named_in_clusters} in a cluster, {seen.named_with_evidence} have any evidence; "
        f"{seen.others_in_cases} other wallets are in a case"
    )
    print_line(
        f"the named wallets made {report.named_notional_share:.1%} of the notional and got "
        f"{report.named_points_share:.1%} of the points"
    )
    _show_round_trips(report.round_trips)
    show_choices(report.choices)
    if report.home is not None:
        print_line(f"home: {report.home}")


def _show_round_trips(agreements: tuple[WalletAgreement, ...]) -> None:
    columns = ("round trips", "named", "control", "unbalanced", "others", "P", "R")
    rows = [
        (
            one.what,
            f"{one.named_flagged}/{one.named}",
            f"{one.control_flagged}/{one.control}",
            f"{one.unbalanced_flagged}/{one.unbalanced}",
            f"{one.others_flagged}/{one.others}",
            share(one.precision),
            share(one.recall),
        )
        for one in agreements
    ]
    print_table("Wallets flagged by round trips alone", columns, rows, numbers=columns[1:])
    first = agreements[0]
    print_line(
        f"as it is: P {share(first.precision)} {between(first.precision_interval)}, "
        f"R {share(first.recall)} {between(first.recall_interval)}; others count in neither"
    )
