"""A report as one HTML page: no script, nothing from elsewhere, the same bytes for the same report.

Plots are inline SVG whose places along the width are in percent, so they fit a phone and a sheet of
paper without being drawn twice; colours come from the style sheet, so they follow the reader's
light or dark. What a plot shows stands in words beside it, and as a table beneath.
"""

import re
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rehearsal import tables, wording
from rehearsal.page import bars, heat, strips
from rehearsal.page.answers import answers
from rehearsal.scoring.report import Report

_TEMPLATES: Final = Path(__file__).parent / "templates"
_UNIT: Final = re.compile(r"(\d) ([%×kMBT])(?!\w)")  # a number and its unit stay on one line


def page(report: Report) -> str:
    """Return the page of a report."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["place"] = _place
    environment.filters["percent"] = wording.percent
    template = environment.get_template("page.html")
    written = template.render(
        report=report,
        tables=tables,
        wording=wording,
        heat=heat,
        strips=strips,
        bars=bars,
        answers=answers(report),
    )
    return _UNIT.sub("\\1\u00a0\\2", written)


def _place(percent: float) -> str:
    """Write a place in percent, with the same digits everywhere."""
    return f"{percent:.2f}%"
