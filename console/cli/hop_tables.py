"""The tables of `winnow evaluate hop`. Below each figure stands its 95 % interval."""

from collections.abc import Iterable

from console.cli.rendering import count, print_facts, print_line, print_table
from detection.bootstrap import Interval
from detection.calibration import Reliability
from detection.uncertainty import Difference, FlagAgreement
from jobs.evaluate_hop import STATED_RECALL, Comparison, HopReport, MembershipBand, ModelReport
from jobs.hop_rule import Variation

FIGURES = ("base", "P", "R", "F1", "AP", "AUC")


def show_hop(report: HopReport) -> None:
    """Print the report as tables."""
    print_facts(
        "Agreement with Hop's decisions (published labels, not proof of who owns what)",
        (
            ("accounts", count(report.accounts)),
            ("with a published decision", count(report.labelled)),
            ("base rate", "no labels" if report.base_rate is None else share(report.base_rate)),
            ("hubs cut", count(report.hubs)),
            ("groups flagged by the rule", count(report.clusters)),
            ("start together", count(report.together)),
            ("would by chance", f"{report.by_chance:.1f}"),
        ),
    )
    for comparison in report.comparisons:
        _show_comparison(comparison)
    if report.labelled:
        print_line("P precision, R recall, AP average precision of the score, base: base rate;")
        print_line("below each figure its 95 % interval over draws of whole groups")
    _show_variations(report.variations)
    _show_membership(report.membership)
    if report.model is not None:
        _show_model(report.model)
    show_choices(report.choices)
    if report.scores_file is not None:
        print_line(f"scores of every account: {report.scores_file}")


def show_choices(choices: Iterable[str]) -> None:
    """Print what was chosen how."""
    print_line("What was chosen how:")
    for choice in choices:
        print_line(f"- {choice}")


def share(value: float) -> str:
    """Return a share with three places."""
    return f"{value:.3f}"


def between(interval: Interval, places: int = 3) -> str:
    """Return an interval in brackets."""
    return f"[{_short(interval.low, places)} {_short(interval.high, places)}]"


def _narrow(interval: Interval) -> str:
    return f"{_short(interval.low, 2)}-{_short(interval.high, 2)}"


def _short(value: float, places: int) -> str:
    return f"{value:.{places}f}".replace("0.", ".", 1)


def _show_comparison(comparison: Comparison) -> None:
    if not comparison.accounts:
        return
    rows = []
    for one, drawn in zip(comparison.accounts, comparison.account_intervals, strict=True):
        figures = (
            (one.base_rate, drawn.base_rate),
            (one.precision, drawn.precision),
            (one.recall, drawn.recall),
            (one.f1, drawn.f1),
            (one.average_precision, drawn.average_precision),
            (one.auc, drawn.auc),
        )
        rows.append((one.source, *(share(value) for value, _ in figures)))
        rows.append(("", *(_narrow(interval) for _, interval in figures)))
    print_table(comparison.name, ("decisions", *FIGURES), rows, numbers=FIGURES)
    _show_pairs(comparison)
    if comparison.precision_at_stated_recall is not None:
        best = comparison.account_intervals[0].precision_at_recall
        print_line(
            f"best precision of its score at recall {STATED_RECALL:.2f}: "
            f"{share(comparison.precision_at_stated_recall)} {between(best)}"
        )


def _show_pairs(comparison: Comparison) -> None:
    if not comparison.pairs:
        return
    columns = ("pairs", "found", "published", "both", "P", "R")
    rows = []
    for one, drawn in zip(comparison.pairs, comparison.pair_intervals, strict=True):
        numbers = (count(one.found), count(one.published), count(one.agreed))
        rows.append((one.source, *numbers, share(one.precision), share(one.recall)))
        rows.append(("", "", "", "", between(drawn.precision), between(drawn.recall)))
    print_table("", columns, rows, numbers=columns[1:])


def _flags(agreement: FlagAgreement) -> tuple[str, ...]:
    return (
        count(agreement.flagged),
        share(agreement.precision),
        between(agreement.precision_interval),
        share(agreement.recall),
        between(agreement.recall_interval),
    )


def _show_variations(variations: tuple[Variation, ...]) -> None:
    if not variations:
        return
    columns = ("one term changed", "flagged", "P", "of P", "R", "of R")
    rows = [(variation.what, *_flags(variation.agreement)) for variation in variations]
    print_table("The rule, one term changed at a time", columns, rows, numbers=columns[1:])


def _show_membership(bands: tuple[MembershipBand, ...]) -> None:
    if not bands:
        return
    columns = ("membership", "flagged", "P", "of P", "R", "of R")
    rows = [(f"{band.low:.1f} to {band.high:.1f}", *_flags(band.agreement)) for band in bands]
    print_table(
        "The rule's flagged accounts by how much of them is inside their cluster",
        columns,
        rows,
        numbers=columns[1:],
    )


def _show_model(model: ModelReport) -> None:
    _show_differences(model.differences)
    _show_reliability(model.reliability)
    print_line(
        f"{model.features} features, {model.flat_features} of them flat; {model.folds} folds of "
        f"{count(model.groups)} groups"
    )


def _show_differences(differences: tuple[Difference, ...]) -> None:
    columns = ("model less flat", "AP", "of AP", "AUC", "of AUC")
    rows = [
        (
            one.source,
            share(one.average_precision),
            between(one.average_precision_interval),
            share(one.auc),
            between(one.auc_interval),
        )
        for one in differences
    ]
    print_table("Paired differences on the same folds", columns, rows, numbers=columns[1:])


def _show_reliability(found: Reliability) -> None:
    columns = ("probability", "accounts", "mean", "decided", "of decided")
    rows = [
        (
            f"{part.low:.1f} to {part.high:.1f}",
            count(part.accounts),
            share(part.mean_probability),
            share(part.decided),
            between(part.decided_interval),
        )
        for part in found.bins
    ]
    print_table("The model's probabilities, out of fold", columns, rows, numbers=columns[1:])
    print_line(
        f"Brier score {found.brier:.4f} {between(found.brier_interval, 4)}; the base rate for "
        f"everybody {found.brier_base_rate:.4f}; mean gap {found.mean_gap:.4f}"
    )
