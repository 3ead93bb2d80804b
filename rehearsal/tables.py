"""A report as tables of words: what the terminal prints and what stands under each plot."""

from dataclasses import dataclass

from rehearsal.scoring.finding import PatternScore
from rehearsal.scoring.profit import ProfitScore
from rehearsal.scoring.report import FEWEST_OPERATORS, Report
from rehearsal.scoring.reviewing import CONFIRM, DISMISS, NOT_REVIEWED
from rehearsal.scoring.seizures import Amount
from rehearsal.truth import PLAYBOOK
from rehearsal.wording import (
    LINES,
    NOTHING,
    cell_name,
    class_name,
    interval,
    of,
    out_of,
    percent,
    rate,
    short,
    short_points,
    size_name,
    times,
)


@dataclass(frozen=True)
class Table:
    """A table whose first column names the row; the others are numbers.

    Attributes:
        title: What stands above it.
        columns: Their names.
        rows: One text a column.
        note: A sentence for below; may be empty.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def headline_table(report: Report) -> Table:
    """What to look at first."""
    headline, precision = report.headline, report.reviews.precision
    farms, worst = headline.farms, headline.worst_innocents

    def ahead(cells: tuple[str, ...]) -> str:
        return f"{len(cells)} of {headline.cells}"

    rows = (
        ("precision at the review budget", percent(precision.share), interval(precision)),
        ("farms' accounts flagged", percent(farms.flagged.share), interval(farms.flagged)),
        ("farms' points held at the issue", percent(farms.held.share), ""),
        ("farms' points taken for good", percent(farms.taken.share), ""),
        (
            f"worst class: {class_name(worst.name)}" if worst else "worst class of innocents",
            percent(worst.flagged.share) if worst else NOTHING,
            interval(worst.flagged) if worst else NOTHING,
        ),
        ("farms ahead per USD, as issued", ahead(headline.paying_as_issued), ""),
        ("farms ahead per USD, at the end", ahead(headline.paying_at_the_end), ""),
        ("farms ahead per account, as issued", ahead(headline.richer_as_issued), ""),
        ("farms ahead per account, at the end", ahead(headline.richer_at_the_end), ""),
    )
    note = (
        "Ahead: patterns and levels whose median operator got more points per USD of net fee, or "
        "per account, than the honest median; at the end with all that is undecided. Of those with "
        f"at least {FEWEST_OPERATORS} operators who traded; {headline.left_out} with fewer are "
        f"left out. {PLAYBOOK} is no farm and in no total."
    )
    return Table("First of all", ("", "found", "95 % interval"), rows, note)


def farms_table(report: Report) -> Table:
    """What was found of farms, by pattern and level."""
    columns = (
        "farms",
        "size",
        "flagged",
        "95 %",
        "final",
        "found",
        "held",
        "taken",
        "week",
    )
    note = (
        "size: accounts. flagged, final verdict: of them. found: operators with at least half of "
        "their accounts flagged. held, taken: of the points issued. week: median of first flags. "
        f"{PLAYBOOK} is no farm: strangers with one playbook, by their groups."
    )
    rows = tuple(_farm(score) for score in report.patterns)
    return Table("What was found of the farms", columns, rows, note)


def _farm(score: PatternScore) -> tuple[str, ...]:
    return (
        cell_name(score.pattern, score.level),
        f"{score.flagged.whole:,}",
        percent(score.flagged.share),
        interval(score.flagged),
        percent(score.confirmed.share),
        out_of(score.operators),
        percent(score.held.share),
        percent(score.taken.share),
        str(score.first_flag.median) if score.first_flag else "never",
    )


def innocents_table(report: Report) -> Table:
    """What it cost the innocent, by class."""
    columns = (
        "innocents",
        "flagged",
        "rate",
        "95 %",
        "line",
        "groups",
        "final",
        "waited",
    )
    rows = tuple(
        (
            class_name(score.name),
            out_of(score.flagged),
            percent(score.flagged.share),
            interval(score.flagged),
            LINES[score.line],
            out_of(score.groups),
            f"{score.confirmed.part:,}",
            short_points(score.micropoint_days_held),
        )
        for score in report.innocents
    )
    note = (
        "line: where the interval lies, of the line of 1 %. groups: of which anybody was flagged. "
        "final: accounts confirmed, wrongly. waited: points held, times the days."
    )
    return Table("What it cost the innocent", columns, rows, note)


def profit_tables(report: Report) -> tuple[Table, Table]:
    """Whether farming pays, per USD of net fee and per account: medians over operators."""
    profit = report.profit
    named = (
        ("the honest", profit.honest),
        *((cell_name(score.pattern, score.level), score) for score in profit.farms),
    )
    per_usd = Table(
        "Points per USD of net fee",
        ("median operator", "operators", "no points", "no cost", "issued", "kept", "at most"),
        tuple((name, *_per_usd(score)) for name, score in named),
        "Of operators who traded. no points: of them, who were issued none. at most: if all that "
        "is undecided went back. no cost: who got points for no net fee; they stand above every "
        "rate.",
    )
    per_account = Table(
        "Points per account",
        ("median operator", "accounts", "issued", "kept", "at most"),
        tuple((name, *_per_account(score)) for name, score in named),
        "Over the accounts that traded.",
    )
    return per_usd, per_account


def _per_usd(score: ProfitScore) -> tuple[str, ...]:
    there = score.operators > 0
    rates = (score.per_usd.issued, score.per_usd.kept, score.per_usd.at_most)
    return (
        f"{score.operators:,}",
        f"{score.without_points:,}",
        f"{score.without_cost:,}",
        *(rate(number, there=there) for number in rates),
    )


def _per_account(score: ProfitScore) -> tuple[str, ...]:
    rates = (score.per_account.issued, score.per_account.kept, score.per_account.at_most)
    return f"{score.accounts:,}", *map(short, rates)


def splits_table(report: Report) -> Table:
    """What splitting earns, by number of accounts."""
    columns = ("split over", "operators", "alone", "on paper", "kept", "at most")
    rows = tuple(
        (
            size_name(score.fewest, score.most),
            f"{score.operators:,}",
            short_points(score.alone),
            times(score.on_paper),
            times(score.after),
            times(score.after_at_most),
        )
        for score in report.splits
    )
    note = (
        "Against the points that the same operators would have been issued with one account each, "
        "in the weeks in which at least two of their accounts were issued points."
    )
    return Table("What splitting earns", columns, rows, note)


def seizures_tables(report: Report) -> tuple[Table, Table]:
    """From whom decisions took points, and where those went."""
    taken = report.seizures.taken

    def rows(amounts: tuple[Amount, ...]) -> tuple[tuple[str, ...], ...]:
        return tuple(
            (
                amount.name,
                short_points(amount.micropoints),
                percent(amount.micropoints / taken if taken else None),
            )
            for amount in amounts
        )

    columns = ("points", "amount", "share")
    return (
        Table("From whom decisions took", columns, rows(report.seizures.from_whom)),
        Table("Where it went", columns, rows(report.seizures.where_to)),
    )


def cases_table(report: Report) -> Table:
    """Cases by verdict and by what would have been right."""
    counted = {(one.right_verdict, one.verdict): one.cases for one in report.reviews.cases}
    verdicts = ((CONFIRM, "confirmed"), (DISMISS, "dismissed"), (NOT_REVIEWED, "not come to"))
    rows = tuple(
        (name, f"{counted[CONFIRM, verdict]:,}", f"{counted[DISMISS, verdict]:,}")
        for verdict, name in verdicts
    )
    reviews = report.reviews
    note = (
        "mostly one: at least half of the owners are of one farm, or of one group with a playbook. "
        f"Decided as the stated rule says in {of(reviews.right)} reviews; "
        f"{of(reviews.appeals)} appeals upheld."
    )
    return Table("Cases by verdict", ("", "mostly one", "others"), rows, note)


def routes_table(report: Report) -> Table:
    """Cases by how they came before a moderator."""
    names = {"graph": "evidence alone", "model": "the model", "novelty": "a lead"}
    rows = tuple(
        (
            names.get(one.route, one.route),
            of(one.precision),
            percent(one.precision.share),
            interval(one.precision),
        )
        for one in report.reviews.by_route
    )
    note = "Cases opened, reviewed or not; one that came in two ways counts in both."
    return Table("Cases by route", ("came by", "mostly one", "precision", "95 %"), rows, note)


def precision_table(report: Report) -> Table:
    """Precision at the review budget, week by week."""
    rows = tuple(
        (str(one.week), of(one.precision), percent(one.precision.share), interval(one.precision))
        for one in report.reviews.by_week
    )
    columns = ("week", "mostly one", "precision", "95 %")
    return Table("Precision at the review budget", columns, rows)


def weeks_table(report: Report) -> Table:
    """The season's points, week by week."""
    rows = tuple(
        (
            str(week.week),
            *map(
                short_points,
                (
                    week.issued,
                    week.issued_to_farms,
                    week.held,
                    week.held_of_farms,
                    week.taken,
                    week.spread,
                ),
            ),
        )
        for week in report.timeline
    )
    columns = ("week", "issued", "to farms", "held", "of farms", "taken", "spread")
    note = "Points, by the week that they were issued for, whenever they were taken and spread."
    return Table("Points week by week", columns, rows, note)


def work_table(report: Report) -> Table:
    """What there was to do, week by week."""
    rows = tuple(
        (
            str(week.week),
            f"{week.farms_flagged:,}",
            f"{week.innocents_flagged:,}",
            f"{week.cases_opened:,}",
            f"{week.cases_reviewed:,}",
        )
        for week in report.timeline
    )
    columns = ("week", "farms flagged", "innocents flagged", "cases opened", "reviewed")
    return Table("Work week by week", columns, rows, "Accounts flagged for the first time.")


def all_tables(report: Report) -> tuple[Table, ...]:
    """Every table of a report, in the order in which it is read."""
    return (
        headline_table(report),
        farms_table(report),
        innocents_table(report),
        *profit_tables(report),
        splits_table(report),
        *seizures_tables(report),
        cases_table(report),
        routes_table(report),
        precision_table(report),
        weeks_table(report),
        work_table(report),
    )
