"""`winnow model` trains the season's models, and lets a moderator say which of them rules."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from console.cli.deciding import By, Reason
from console.cli.invocation import AsJson, invocation
from console.cli.rendering import (
    count,
    counted,
    moment,
    print_facts,
    print_json,
    print_line,
    print_table,
    print_warning,
)
from detection.bootstrap import Interval
from detection.season_evaluation import Split
from jobs.model_summary import Summary
from jobs.models import Shown, all_models, show_model
from jobs.models import retire as retire_model
from jobs.models import rule as let_rule
from jobs.train import train as train_model
from warehouse.models import RETIRED, RULING, ModelMove, StoredModel

SAID_SHOWN = 15

model_app = typer.Typer(
    help="Train models of clusters on what moderators decided, and let one of them rule.",
    no_args_is_help=True,
    add_completion=False,
)
ModelArgument = Annotated[str, typer.Argument(metavar="ID", help="Which model.")]


@model_app.command()
def train(
    ctx: typer.Context,
    by: Annotated[str, typer.Option(help="Who asks for it; it is stored for good.")] = "training",
    as_json: AsJson = False,
) -> None:
    """Train a model on what was decided so far; it is a shadow, and decides nothing.

    Example: winnow model train
    """
    called = invocation(ctx)
    trained = train_model(called.home, called.keys, called.now(), by)
    if as_json:
        print_json(
            {**_document(trained.model), "summary": trained.summary, "new": not trained.already}
        )
        return
    print_facts(
        f"Model {trained.model.model_id}" + (", known already" if trained.already else ""),
        (
            *_facts(trained.model),
            *_left_out(trained.left_out),
            *(("retired", name) for name in trained.retired),
        ),
    )
    _show_summary(trained.summary)


@model_app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the models, the newest first.

    Example: winnow model list
    """
    models = all_models(invocation(ctx).home)
    if as_json:
        print_json([_document(model) for model in models])
        return
    print_table(
        f"{count(len(models))} models",
        ("model", "state", "trained", "rows", "from", "to", "features", "shadowed"),
        [
            (
                model.model_id,
                model.state,
                moment(model.trained_at),
                count(model.training_rows),
                model.first_run,
                model.last_run,
                count(model.features),
                count(model.shadowed),
            )
            for model in models
        ],
        numbers=("rows", "features", "shadowed"),
    )


@model_app.command()
def show(ctx: typer.Context, model_id: ModelArgument, as_json: AsJson = False) -> None:
    """Show what a model learned from, how well it does, and what it said last.

    Example: winnow model show M-1a2b3c4d5e6f
    """
    shown = show_model(invocation(ctx).home, model_id)
    if as_json:
        print_json(
            {
                **_document(shown.model),
                "summary": shown.summary,
                "moves": shown.moves,
                "refusal": shown.refusal,
                "said": shown.said.to_dicts(),
            }
        )
        return
    _show(shown)


@model_app.command()
def rule(
    ctx: typer.Context,
    model_id: ModelArgument,
    by: By,
    reason: Reason = "shadowed and compared",
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Though it is known to be worse; say why.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Let a model rule from the next detection on; the one that rules now is retired.

    Example: winnow model rule M-1a2b3c4d5e6f --by anna --reason "better on what was decided since"
    """
    called = invocation(ctx)
    move = ModelMove(model_id, 0, RULING, by, called.now(), reason)
    ruled = let_rule(called.home, called.keys, move, anyway=anyway)
    if as_json:
        print_json(ruled)
        return
    compared = ruled.comparison
    facts = [("before it", ruled.before or "none")]
    if compared is not None and compared.new is not None and compared.ruling is not None:
        facts.append(
            (
                "decided since",
                f"{count(compared.groups)} groups: average precision {compared.new:.3f}, "
                f"before it {compared.ruling:.3f}",
            )
        )
    elif compared is not None:
        facts.append(("decided since", "too little to compare the two"))
    print_facts(f"Model {ruled.model} rules from the next detection on", facts)


@model_app.command()
def retire(
    ctx: typer.Context, model_id: ModelArgument, by: By, reason: Reason, as_json: AsJson = False
) -> None:
    """Retire a model: no detection asks it any more.

    Example: winnow model retire M-1a2b3c4d5e6f --by anna --reason "it follows a mistake of ours"
    """
    called = invocation(ctx)
    move = ModelMove(model_id, 0, RETIRED, by, called.now(), reason)
    model = retire_model(called.home, called.keys, move)
    if as_json:
        print_json(_document(model))
        return
    print_line(f"Model {model.model_id} is retired.")


def _left_out(detections: int) -> tuple[tuple[str, str], ...]:
    said = counted(detections, "detection", "detections") + " with other traits"
    return (("left out", said),) if detections else ()


def _show(shown: Shown) -> None:
    print_facts(f"Model {shown.model.model_id}", _facts(shown.model))
    if shown.refusal:
        print_warning(f"it cannot be asked: {shown.refusal}")
    _show_summary(shown.summary)
    print_table(
        "Moves",
        ("", "state", "by", "when", "reason"),
        [
            (str(move.seq), move.state, move.moved_by, moment(move.moved_at), move.reason)
            for move in shown.moves
        ],
        prose="reason",
    )
    print_table(
        "What it said last, likeliest first; --json has all",
        ("cluster", "probability", "ruled", "routes"),
        [
            (cluster, f"{probability:.3f}", "yes" if ruled else "no", ", ".join(routes or ()))
            for cluster, probability, ruled, routes in shown.said.head(SAID_SHOWN)
            .select("cluster_id", "probability", "ruled", "routes")
            .iter_rows()
        ],
        numbers=("probability",),
    )


def _facts(model: StoredModel) -> tuple[tuple[str, str], ...]:
    return (
        ("state", model.state),
        ("trained", moment(model.trained_at)),
        (
            "from",
            f"{count(model.training_rows)} rows of {model.first_run} to {model.last_run}, "
            f"events until {moment(model.last_as_of)}",
        ),
        ("features", f"{count(model.features)}, {model.features_sha256[:12]}"),
        ("fingerprint", model.fingerprint),
        ("shadowed in", f"{count(model.shadowed)} detections"),
    )


def _show_summary(summary: Summary) -> None:
    print_table(
        "Learned from; a label is somebody's decision",
        ("tier", "label", "rows", "groups"),
        [
            (tier.tier, str(tier.label), count(tier.rows), count(tier.groups))
            for tier in summary.tiers
        ],
        numbers=("label", "rows", "groups"),
    )
    for split in summary.splits:
        _show_split(split)
    judged = ", ".join(summary.judged_by)
    few = "; too few of the best tiers, so all decisions judge" if summary.is_judged_by_few else ""
    print_line(f"Judged by {judged}{few}. Standing on {', '.join(summary.versions)}.")


def _show_split(split: Split) -> None:
    print_table(
        f"Out of fold {split.name}: {count(split.rows)} rows, {count(split.clusters)} groups, "
        f"{count(split.against)} rows decided against",
        ("", "average precision", "AUC", "Brier", "flagged", "agreed", "precision", "recall"),
        [
            (
                way.name,
                _with(way.average_precision, way.average_precision_interval),
                _with(way.auc, way.auc_interval),
                _with(way.brier, way.brier_interval),
                count(way.flagged),
                count(way.agreed),
                _with(way.precision, way.precision_interval),
                f"{way.recall:.3f}",
            )
            for way in split.ways
        ],
        numbers=("flagged", "agreed", "recall"),
    )
    print_facts("", _over(split))


def _over(split: Split) -> Iterator[tuple[str, str]]:
    for name, interval in (("flat features", split.over_flat), ("rules", split.over_rules)):
        yield f"over the {name}", f"average precision {interval.low:+.3f} to {interval.high:+.3f}"


def _with(figure: float, interval: Interval) -> str:
    return f"{figure:.3f} ({interval.low:.3f}..{interval.high:.3f})"


def _document(model: StoredModel) -> dict[str, Any]:
    return {
        "model": model.model_id,
        "state": model.state,
        "trained_at": model.trained_at,
        "training_rows": model.training_rows,
        "first_run": model.first_run,
        "last_run": model.last_run,
        "first_as_of": model.first_as_of,
        "last_as_of": model.last_as_of,
        "features": model.features,
        "features_sha256": model.features_sha256,
        "fingerprint": model.fingerprint,
        "shadowed": model.shadowed,
    }
