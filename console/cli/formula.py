"""`winnow formula …`: seal, draw, reveal and try out formulas."""

from pathlib import Path
from typing import Annotated, Final

import typer

from console.cli.invocation import AsJson, Invocation, invocation
from console.cli.rendering import (
    count,
    moment,
    points,
    print_facts,
    print_json,
    print_line,
    print_table,
    print_warning,
)
from jobs.clock import real_now
from jobs.formula import draw_and_seal, list_commitments
from jobs.formula import seal as seal_formula
from jobs.preview import Preview, preview_text
from jobs.reveal import reveal as reveal_formula
from jobs.season_files import calendars, load_seasons, season_terms
from seasons.calendar import find_week
from seasons.formula_files import decimal_text, parse_formula
from seasons.split_gain import PoolGain, SplitGain, split_gains, warnings
from warehouse.errors import FormulaError
from warehouse.formulas import Commitment
from warehouse.records import Week

DIGITS_SHOWN: Final = 12

formula_app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Seal, draw, reveal and try out the formulas of weeks.",
)

FormulaFile = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="A formula file, TOML.")
]
WeekLabel = Annotated[str, typer.Option("--week", help="The week, as in S1W05.")]


@formula_app.command()
def seal(ctx: typer.Context, file: FormulaFile, week: WeekLabel, as_json: AsJson = False) -> None:
    """Seal a formula for a week: encrypt it, and commit to it in the log.

    A week has one commitment, and it stands. The seal time is the real clock's, whatever --now
    says; sealed after its window has opened, a formula is recorded publicly as late.

    Example: winnow formula seal perpetuals.toml --week S1W05
    """
    called = invocation(ctx)
    text = _read(file)
    sealed = seal_formula(called.home, called.keys, text, _week(called, week), real_now=real_now())
    _show_sealed(sealed, as_json=as_json)


@formula_app.command()
def draw(ctx: typer.Context, week: WeekLabel, as_json: AsJson = False) -> None:
    """Draw a week's formula from the home's family.toml and seal it; it is not shown.

    Example: winnow formula draw --week S1W05
    """
    called = invocation(ctx)
    sealed = draw_and_seal(called.home, called.keys, _week(called, week), real_now=real_now())
    _show_sealed(sealed, as_json=as_json)


@formula_app.command()
def commitments(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List what is committed to, week by week, and what has been revealed.

    Example: winnow formula commitments --json
    """
    found = list_commitments(invocation(ctx).home)
    if as_json:
        print_json([_public(commitment) for commitment in found])
        return
    print_table(
        "Commitments",
        ("week", "sealed", "how", "revealed", "commitment"),
        (
            (
                commitment.label,
                moment(commitment.sealed_at) + (", late" if commitment.late else ""),
                "drawn" if commitment.drawn else "by hand",
                moment(commitment.reveal.revealed_at) if commitment.reveal else "not yet",
                f"{commitment.commitment[:DIGITS_SHOWN]}…",
            )
            for commitment in found
        ),
        prose="sealed",
    )
    if found:
        print_line("with --json every commitment is whole")


@formula_app.command()
def reveal(
    ctx: typer.Context,
    week: Annotated[str, typer.Argument(help="The week, as in S1W05.")],
    as_json: AsJson = False,
) -> None:
    """Reveal a week's formula, once the season's terms allow it, so that anyone can check it.

    Example: winnow formula reveal S1W05
    """
    called = invocation(ctx)
    found = _week(called, week)
    terms = season_terms(load_seasons(called.home), found.season)
    revealed = reveal_formula(called.home, called.keys, terms, found, called.now())
    if as_json:
        print_json(revealed)
        return
    print_facts(
        f"The formula of {revealed.week} is revealed",
        (
            ("file", str(revealed.path)),
            ("commitment", revealed.commitment),
            ("revealed", moment(revealed.revealed_at)),
            ("log leaf", str(revealed.leaf_index)),
        ),
    )


@formula_app.command()
def lint(file: FormulaFile, as_json: AsJson = False) -> None:
    """Check a formula file, and what it pays for splitting one trader into several accounts.

    Needs no home. A formula that pays for splitting is warned about, with the number.

    Example: winnow formula lint perpetuals.toml --json
    """
    formula = parse_formula(_read(file))
    gains = split_gains(formula)
    said = warnings(formula, gains)
    if as_json:
        print_json({"pools": len(formula.pools), "split_gain": gains, "warnings": said})
        return
    _show_gains(gains)
    for warning in said:
        print_warning(warning)


@formula_app.command()
def preview(
    ctx: typer.Context,
    file: FormulaFile,
    week: WeekLabel,
    largest: Annotated[int, typer.Option(min=0, help="How many owners to name.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show what a formula would pay on the events that are there now; nothing is written.

    The numbers give the formula away: show them to nobody before the reveal.

    Example: winnow formula preview perpetuals.toml --week S1W05
    """
    called = invocation(ctx)
    found = _week(called, week)
    seen = preview_text(called.home, _read(file), found, called.now(), largest=largest)
    if as_json:
        print_json(_exact(seen))
        return
    _show_preview(seen)


def _week(called: Invocation, label: str) -> Week:
    return find_week(calendars(load_seasons(called.home)), label)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FormulaError(f"{path.name!r} is not UTF-8 text") from error


def _public(commitment: Commitment) -> dict[str, object]:
    known = commitment.reveal
    return {
        "week": commitment.label,
        "commitment": commitment.commitment,
        "sealed_at": commitment.sealed_at,
        "late": commitment.late,
        "drawn": commitment.drawn,
        "leaf_index": commitment.leaf_index,
        "revealed_at": known.revealed_at if known else None,
    }


def _show_sealed(sealed: Commitment, *, as_json: bool) -> None:
    if as_json:
        print_json(_public(sealed))
    else:
        print_facts(
            f"The formula of {sealed.label} is sealed",
            (
                ("commitment", sealed.commitment),
                ("sealed", moment(sealed.sealed_at)),
                ("how", "drawn from the family" if sealed.drawn else "by hand"),
                ("log leaf", str(sealed.leaf_index)),
            ),
        )
    if sealed.late:
        print_warning(
            f"the window of {sealed.label} had opened before; the log records the seal as late"
        )


def _show_gains(gains: tuple[SplitGain, ...]) -> None:
    for gain in gains:
        print_table(
            f"What {gain.accounts} accounts earn beyond one, with equal parts of its activity",
            ("pool", "as a rule", "at the worst", "where that is"),
            (
                *(
                    (
                        pool.pool,
                        _percent(pool.typical_bps),
                        _percent(pool.worst_bps),
                        _place(pool),
                    )
                    for pool in gain.pools
                ),
                ("whole formula", _percent(gain.typical_bps), _percent(gain.worst_bps), ""),
            ),
            numbers=("as a rule", "at the worst"),
        )


def _place(pool: PoolGain) -> str:
    if pool.worst_bps <= 0:
        return "nowhere"
    size = f"{decimal_text(pool.worst_size)} {pool.unit}"
    if pool.worst_share_bps == 0:
        return f"from {size}"
    return f"{size}, holding {pool.worst_share_bps / 100:g} % of the pool"


def _percent(bps: int) -> str:
    return f"{bps / 100:+,.2f} %"


def _exact(seen: Preview) -> dict[str, object]:
    """Return a preview with micropoints as strings: JSON readers lose digits beyond 2⁵³."""
    return {
        "week": seen.week,
        "issued_micropoints": str(seen.issued_micropoints),
        "owners": seen.owners,
        "held_micropoints": str(seen.held_micropoints),
        "excluded_owners": seen.excluded_owners,
        "closed": seen.closed,
        "pools": [
            {
                "pool": pool.pool,
                "micropoints": str(pool.micropoints),
                "owners": pool.owners,
                "largest_micropoints": str(pool.largest_micropoints),
            }
            for pool in seen.pools
        ],
        "largest": [
            {"owner_id": owner.owner_id, "micropoints": str(owner.micropoints)}
            for owner in seen.largest
        ],
    }


def _show_preview(seen: Preview) -> None:
    print_facts(
        f"What {seen.week} would pay",
        (
            ("points", points(seen.issued_micropoints)),
            ("owners", count(seen.owners)),
            ("of which held", points(seen.held_micropoints)),
            ("owners excluded", count(seen.excluded_owners)),
            ("books", "closed" if seen.closed else "open: more events may come"),
        ),
    )
    print_table(
        "Pools",
        ("pool", "points", "owners", "largest"),
        (
            (
                pool.pool,
                points(pool.micropoints),
                count(pool.owners),
                points(pool.largest_micropoints),
            )
            for pool in seen.pools
        ),
        numbers=("points", "owners", "largest"),
    )
    print_table(
        "Who would get most",
        ("owner", "points"),
        ((owner.owner_id, points(owner.micropoints)) for owner in seen.largest),
        numbers=("points",),
    )
