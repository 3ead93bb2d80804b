"""What people propose to give or take by hand: the file, its content, and its digest.

    season = 1
    week = 5                        # of origin; for adjustments alone
    kind = "legacy"                 # or bonus, compensation; for drops alone
    budget = "corrections"          # declared in the season file
    name = "late-fills-of-w05"      # once in a season
    reason = "fills of 24 April came three days late"
    lines = "lines.csv"             # beside this file: owner_id,points,reason

Instead of `lines`, the lines themselves:

    [[line]]
    owner = "trader-17"
    points = "12.5"                 # text, up to six decimals; negative takes back
    reason = "two fills"            # may be left out: then the file's reason stands for it

The order of the lines is nobody's business: what is proposed is the same content, with the same
digest, however they are sorted. Reading never goes through a float.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Annotated, Final, Literal

import polars as pl
from pydantic import AfterValidator, Field

from seasons.proofs import canonical_json, lines_sha256
from warehouse.declarations import Declaration, read_declaration
from warehouse.errors import ProposalError
from warehouse.records import MICROPOINTS_PER_POINT

LINES_SCHEMA: Final = pl.Schema(
    {"owner_id": pl.String(), "micropoints": pl.Int64(), "reason": pl.String()}
)
CSV_COLUMNS: Final = ("owner_id", "points", "reason")
SHOWN: Final = 10

# As ids and texts in event files: no control or invisible characters, nothing that a spreadsheet
# would take for a formula.
_PRINTABLE: Final = (
    r"^[\p{L}\p{N}\p{P}\p{S}]([\p{L}\p{M}\p{N}\p{P}\p{S} ]*[\p{L}\p{M}\p{N}\p{P}\p{S}])?$"
)
_FORMULA: Final = ("=", "+", "-", "@")
_POINTS: Final = r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$"
_TEXT: Final = "characters that print, without a space at either end and without = + - @ in front"


def _printing(text: str) -> str:
    if not text.isprintable() or text != text.strip() or text.startswith(_FORMULA):
        raise ValueError(f"must be {_TEXT}")
    return text


Text = Annotated[str, Field(min_length=1, max_length=1024), AfterValidator(_printing)]


@dataclass(frozen=True)
class Proposal:
    """Points that somebody wants to give or take by hand.

    Attributes:
        kind: Of its batch: adjust or drop.
        season: Season number.
        week: Week of origin of an adjustment; 0 for a drop, which belongs to the whole season.
        sort: legacy, bonus or compensation; empty for an adjustment.
        budget: Name of the budget that gives and takes back.
        name: Once per kind and season; the key of its batch.
        reason: Why.
        lines: `LINES_SCHEMA`; one line an owner, sorted by owner.
    """

    kind: str
    season: int
    week: int
    sort: str
    budget: str
    name: str
    reason: str
    lines: pl.DataFrame

    @property
    def origin(self) -> str:
        """The week of origin as people write it; week 0 stands for the whole season."""
        return f"S{self.season}W{self.week:02d}"

    @cached_property
    def content(self) -> str:
        """Everything that is proposed as canonical JSON, the lines by their digest."""
        return canonical_json(
            {
                "kind": self.kind,
                "season": self.season,
                "week": self.week,
                "sort": self.sort,
                "budget": self.budget,
                "name": self.name,
                "reason": self.reason,
                "lines": self.lines.height,
                "lines_sha256": proposed_lines_sha256(self.lines),
            }
        )

    @cached_property
    def content_sha256(self) -> str:
        """SHA-256 of the content, in hexadecimal."""
        return sha256(self.content.encode()).hexdigest()


def proposed_lines_sha256(lines: pl.DataFrame) -> str:
    """Return the digest of lines, sorted by owner: owner TAB micropoints TAB reason LF each."""
    ordered = lines.sort("owner_id").select(
        pl.concat_str("owner_id", pl.col("micropoints").cast(pl.String), "reason", separator="\t")
    )
    return lines_sha256(ordered.to_series())


def from_content(content: str, lines: pl.DataFrame) -> Proposal:
    """Return the proposal that was stored as content and lines.

    Raises:
        ProposalError: They do not belong together.
    """
    said = json.loads(content)
    head = {name: said[name] for name in said if name not in ("lines", "lines_sha256")}
    proposal = Proposal(**head, lines=lines.select(LINES_SCHEMA.names()).sort("owner_id"))
    if proposal.content != content:
        raise ProposalError(f"the lines stored for {said['name']!r} are not those of its content")
    return proposal


class LineTable(Declaration):
    """One table `[[line]]`."""

    owner: str
    points: str
    reason: str = ""


class _Head(Declaration):
    season: Annotated[int, Field(ge=1, le=9999)]
    budget: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    reason: Text
    lines: Annotated[str, Field(pattern=r"^[^/\\]+\.csv$")] | None = None
    line: tuple[LineTable, ...] = ()


class AdjustmentFile(_Head):
    """A file for `winnow adjust`."""

    week: Annotated[int, Field(ge=1, le=999)]


class DropFile(_Head):
    """A file for `winnow drop`."""

    kind: Literal["legacy", "bonus", "compensation"]


HandFile = AdjustmentFile | DropFile


def parse_adjustment(text: str) -> AdjustmentFile:
    """Read the file of an adjustment from TOML; its lines are checked by `propose`.

    Raises:
        ProposalError: Names every key that is wrong, with the value and what is allowed.
    """
    return read_declaration(text, AdjustmentFile, name="the adjustment", refusal=ProposalError)


def parse_drop(text: str) -> DropFile:
    """Read the file of a drop from TOML; its lines are checked by `propose`.

    Raises:
        ProposalError: Names every key that is wrong, with the value and what is allowed.
    """
    return read_declaration(text, DropFile, name="the drop", refusal=ProposalError)


def propose(file: HandFile, csv: pl.DataFrame | None) -> Proposal:
    """Return what a file proposes.

    Args:
        file: As parsed.
        csv: `CSV_COLUMNS` as text, where the file names one; line 1 of it is the header.

    Raises:
        ProposalError: Lines are missing, given twice over, or wrong; names the first ten.
    """
    if (csv is None) == (not file.line):
        raise ProposalError(
            f'{file.name!r} needs its lines once: either [[line]] tables or lines = "….csv"'
        )
    raw = _inline(file.line) if csv is None else csv
    is_drop = isinstance(file, DropFile)
    return Proposal(
        kind="drop" if is_drop else "adjust",
        season=file.season,
        week=0 if isinstance(file, DropFile) else file.week,
        sort=file.kind if isinstance(file, DropFile) else "",
        budget=file.budget,
        name=file.name,
        reason=file.reason,
        lines=_checked(raw, file, first=1 if csv is None else 2),
    )


def _inline(tables: tuple[LineTable, ...]) -> pl.DataFrame:
    rows = [(table.owner, table.points, table.reason) for table in tables]
    return pl.DataFrame(rows, dict.fromkeys(CSV_COLUMNS, pl.String), orient="row")


def _checked(raw: pl.DataFrame, file: HandFile, *, first: int) -> pl.DataFrame:
    """Return lines as `LINES_SCHEMA`, sorted by owner; the file's reason stands in for none."""
    reason = pl.col("reason").fill_null("")
    filled = raw.select(
        pl.col("owner_id", "points").fill_null(""),
        pl.when(reason == "").then(pl.lit(file.reason)).otherwise(reason).alias("reason"),
    ).with_row_index("at", offset=first)
    wrong = filled.with_columns(_complaint(isinstance(file, DropFile)).alias("complaint")).filter(
        pl.col("complaint").is_not_null()
    )
    if not wrong.is_empty():
        raise ProposalError(_told(file.name, wrong))
    if filled.is_empty():
        raise ProposalError(f"{file.name!r} has no line; a proposal names at least one owner")
    return filled.select("owner_id", _micropoints(), "reason").sort("owner_id")


def _complaint(is_drop: bool) -> pl.Expr:
    """Return what is wrong with a line, or null."""
    points = pl.col("points")
    is_nothing = ~points.str.contains("[1-9]")
    below_zero = points.str.starts_with("-") & pl.lit(is_drop)
    return (
        pl.when(~_prints("owner_id", 128))
        .then(pl.lit(f"the owner is not 1 to 128 {_TEXT}"))
        .when(pl.col("owner_id").is_duplicated() & ~pl.col("owner_id").is_first_distinct())
        .then(pl.lit("the owner stands on an earlier line; one line an owner"))
        .when(~points.str.contains(_POINTS))
        .then(pl.lit("the points are not text like '12.5', with up to six decimals"))
        .when(is_nothing)
        .then(pl.lit("the points are zero"))
        .when(below_zero)
        .then(pl.lit("a drop only gives; take back with: winnow adjust"))
        .when(~_prints("reason", 1024))
        .then(pl.lit(f"the reason is not 1 to 1,024 {_TEXT}"))
    )


def _prints(column: str, most: int) -> pl.Expr:
    text = pl.col(column)
    is_formula = pl.any_horizontal(text.str.starts_with(sign) for sign in _FORMULA)
    return (text.str.len_chars() <= most) & text.str.contains(_PRINTABLE) & ~is_formula


def _told(name: str, wrong: pl.DataFrame) -> str:
    told = [
        f"line {line['at']} (owner {line['owner_id'][:40]!r}, points {line['points'][:40]!r}): "
        f"{line['complaint']}"
        for line in wrong.head(SHOWN).iter_rows(named=True)
    ]
    more = wrong.height - len(told)
    rest = f"; and {more:,} more wrong lines" if more else ""
    return f"{name!r} is wrong: {'; '.join(told)}{rest}"


def _micropoints() -> pl.Expr:
    """Return points as micropoints: text to integers, nothing in between."""
    points = pl.col("points")
    whole = points.str.extract(r"^-?([0-9]+)").cast(pl.Int64) * MICROPOINTS_PER_POINT
    part = points.str.extract(r"\.([0-9]+)$").fill_null("").str.pad_end(6, "0").cast(pl.Int64)
    sign = pl.when(points.str.starts_with("-")).then(-1).otherwise(1)
    return (sign * (whole + part)).cast(pl.Int64).alias("micropoints")
