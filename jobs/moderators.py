"""Who moves something by hand: a person with a name and a reason, whom the policy lets decide."""

import re
from typing import Final

from jobs.policy import load_policy
from seasons.policy import check_moderator
from warehouse.errors import CaseError
from warehouse.home import Home

TRAINER: Final = "training"
"""Who trained a model where nobody asked for it."""
_RUN: Final = re.compile(r"D-\d+")


def require_moderator(home: Home, by: str, reason: str, what: str) -> None:
    """Check that somebody says who they are and why, and may decide.

    Args:
        home: The home; its policy may name moderators.
        by: Who.
        reason: Why.
        what: What they do, as in "to retire 'M-1a2b3c4d5e6f'".

    Raises:
        CaseError: A name or a reason is missing, the name is that of no person, or the policy names
            moderators and this is none of them.
    """
    require_person(by, reason, what)
    check_moderator(load_policy(home).policy, by)


def require_person(by: str, reason: str, what: str) -> None:
    """Check that somebody says who they are and why.

    What moves by itself goes by names of its own: nobody may hide behind one of them.

    Raises:
        CaseError: A name or a reason is missing, or the name is that of no person.
    """
    name = by.strip()
    if not name or not reason.strip():
        raise CaseError(f"{what} needs a name and a reason")
    if _RUN.fullmatch(name):
        raise CaseError(f"{by!r} is the name of a detection; name a person")
    if name.casefold() == TRAINER:
        raise CaseError(f"{by!r} is the name that training goes by; name a person")
