"""Reads the files of points by hand: TOML, and the CSV of lines beside it."""

from pathlib import Path
from typing import Final

import polars as pl

from seasons.proposals import CSV_COLUMNS, HandFile, Proposal, parse_adjustment, parse_drop, propose
from warehouse.errors import ProposalError

_WANTED: Final = f"its first line has to be {','.join(CSV_COLUMNS)}"


def read_head(path: Path, kind: str) -> HandFile:
    """Return what a file says, its lines unchecked.

    Args:
        path: Of the TOML file.
        kind: adjust or drop.

    Raises:
        ProposalError: The file is wrong; names every key, with the value and what is allowed.
    """
    text = _text(path)
    return parse_drop(text) if kind == "drop" else parse_adjustment(text)


def read_proposal(path: Path, kind: str) -> Proposal:
    """Return what a file proposes, with the lines of its CSV if it names one.

    Raises:
        ProposalError: File or lines are wrong; names the first ten lines.
    """
    head = read_head(path, kind)
    return propose(head, None if head.lines is None else _csv(path.parent / head.lines))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ProposalError(f"{path.name!r} is not UTF-8; save it so") from error


def _csv(path: Path) -> pl.DataFrame:
    """Return the columns of a CSV file, every cell as the text that stands there."""
    with path.open("rb") as content:
        try:
            found = pl.read_csv(content, infer_schema=False)
        except pl.exceptions.NoDataError as error:
            raise ProposalError(f"{path.name!r} is empty; {_WANTED}") from error
        except pl.exceptions.PolarsError as error:
            raise ProposalError(f"{path.name!r} is no CSV file in UTF-8; {_WANTED}") from error
    if found.columns != list(CSV_COLUMNS):
        raise ProposalError(f"{path.name!r} has the columns {found.columns!r}; {_WANTED}")
    return found
