"""Gives points beside the weekly emission: legacy, bonus or compensation, from a budget."""

from datetime import datetime
from pathlib import Path

from jobs.hand_files import read_proposal
from jobs.keys import Keys
from jobs.proposals import Answer, put_forward
from warehouse.home import Home


def drop(home: Home, keys: Keys, path: Path, by: str, now: datetime) -> Answer:
    """Propose the drop in a file, or carry it out as the second person.

    Raises:
        ProposalError: The file is wrong, or a rule refuses it; see `jobs.proposals.put_forward`.
    """
    return put_forward(home, keys, read_proposal(path, "drop"), by, now)
