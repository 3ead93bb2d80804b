"""Checks commitments and reveals against the log, as far as anyone can without a key."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from jobs.reveal import reveal_path
from seasons.sealing import check_reveal
from warehouse import ledger, log
from warehouse.connection import Connection
from warehouse.errors import VerificationFailed
from warehouse.formulas import Commitment, commitments
from warehouse.home import Home


def check_formulas(home: Home, connection: Connection) -> Iterator[tuple[str, str]]:
    """Yield (subject, detail) for everything that is not as it should be.

    Every commitment is what its leaf says and older than the issue of its week; every leaf has its
    commitment; every reveal fits the commitment, by its public file alone.
    """
    bodies = log.bodies(connection)
    known = commitments(connection)
    for commitment in known:
        leaf = bodies.pop(commitment.leaf_index, {})
        if not _is_of(leaf, commitment):
            yield commitment.label, f"its commitment is not what leaf {commitment.leaf_index} says"
        elif commitment.reveal is not None:
            revealed = bodies.pop(commitment.reveal.leaf_index, {})
            wrong = _wrong_with_reveal(home, commitment, leaf, revealed)
            if wrong is not None:
                yield commitment.label, wrong
    for index, body in bodies.items():
        if body.get("type") in {"commitment", "reveal"}:
            yield f"leaf {index}", f"the log has a {body['type']} that the warehouse has not"
    committed = {(entry.season, entry.week): entry.leaf_index for entry in known}
    for stored in ledger.batches(connection):
        week = stored.batch
        first = committed.get((week.season, week.week), stored.leaf_index)
        if week.kind == "issue" and first >= stored.leaf_index:
            yield week.batch_id, "the log has no commitment to its formula before it"


def _is_of(leaf: Mapping[str, Any], commitment: Commitment) -> bool:
    expected = {
        "type": "commitment",
        "season": commitment.season,
        "week": commitment.week,
        "commitment": commitment.commitment,
        "sealed_at": commitment.sealed_at.isoformat(),
        "late": commitment.late,
        "drawn": commitment.drawn,
    }
    return expected.items() <= leaf.items()


def _wrong_with_reveal(
    home: Home, commitment: Commitment, leaf: Mapping[str, Any], revealed: Mapping[str, Any]
) -> str | None:
    """Return what is wrong with a recorded reveal, or None."""
    said = (revealed.get("type"), revealed.get("commitment"), revealed.get("revealed_at"))
    at = commitment.reveal and commitment.reveal.revealed_at.isoformat()
    if said != ("reveal", commitment.commitment, at):
        return "its reveal is not what the log says"
    try:
        content = reveal_path(home, commitment.label).read_bytes()
        document = json.loads(content)
    except OSError:
        return "its formula is revealed and the reveal file cannot be read"
    except ValueError:
        return "its reveal file is no JSON"
    if hashlib.sha256(content).hexdigest() != revealed.get("file_sha256"):
        return "its reveal file is not the one in the log"
    try:
        check_reveal(document, leaf)
    except VerificationFailed as error:
        return str(error)
    return None
