"""The documents point somewhere, and the data dictionary is what the published file says."""

import re
from pathlib import Path

import pytest

from console.cli import DOORS
from warehouse.dictionary import dictionary

ROOT = Path(__file__).parents[1]
DOCUMENTS = tuple(sorted((*ROOT.glob("*.md"), *ROOT.glob("[a-z]*/*.md"))))
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def targets(document: Path) -> list[str]:
    """Return the link targets of a document, without those of code blocks."""
    prose = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [match[1] or match[2] for match in LINK.finditer(prose)]


def anchors(document: Path) -> set[str]:
    """Return the anchors that a document's headings have."""
    titles = HEADING.findall(document.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_document_leads_somewhere(document: Path):
    for target in targets(document):
        if "://" in target:
            continue
        place, _, anchor = target.partition("#")
        leads_to = (document.parent / place).resolve() if place else document
        assert leads_to.exists(), f"{document.name} links {target!r}, which is not there"
        if anchor:
            assert anchor in anchors(leads_to), f"{document.name}: no heading for {target!r}"


def test_the_data_dictionary_is_fresh():
    written = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert written == dictionary(), "run: make dictionary"


@pytest.mark.parametrize("command", [door.name for door in DOORS])
def test_every_command_is_documented(command: str):
    pages = (document.read_text(encoding="utf-8") for document in DOCUMENTS)
    assert any(re.search(rf"\bwinnow {command}\b", page) for page in pages)
