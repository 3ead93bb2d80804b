"""The moves of a case: which there are, where each leads, and the record of one. Pure.

open ─────────┬─ confirm, partly ─▶ confirmed, partly ─ notice ─▶ noticed ─ settle ─▶ final
under_review ─┘                          │                          │ ▲
▲ ▲                                 │                   appeal │ │ (uphold, reject)
│ └──────────── withdraw ───────────┴──────────────────────────▼ │
│                                                    appealed ─▶ upheld, rejected ─▶ final
└── dismiss ─▶ dismissed ─ reopened (by new evidence alone) ─▶ open
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

UNDECIDED: Final = ("open", "under_review")
DECIDED: Final = ("confirmed", "partly", "noticed", "appealed", "upheld", "rejected")
ENDED: Final = ("dismissed", "final")
STATES: Final = (*UNDECIDED, *DECIDED, *ENDED)

DETECTION_MOVES: Final = ("opened", "gained", "reopened")
DECISIONS: Final = ("confirm", "partly", "dismiss")

_UNDECIDED_MOVES: Final = {
    "review": "under_review",  # somebody takes it up
    "propose": "under_review",  # the first of two says what they would decide
    "confirm": "confirmed",  # every account
    "partly": "partly",  # some accounts, the others are cleared
    "dismiss": "dismissed",
}
_APPEAL_MOVES: Final = {
    "appeal": "appealed",
    "uphold": "upheld",  # wholly or in part
    "reject": "rejected",
    "withdraw": "under_review",
}

# (state, move) -> state after it. The detection opens, gains and reopens; people do the rest, and
# `settle` is made by the settle run once no appeal can come any more.
ALLOWED_MOVES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("open", "gained"): "open",
        ("under_review", "gained"): "under_review",
        **{(state, move): to for state in UNDECIDED for move, to in _UNDECIDED_MOVES.items()},
        **{(state, "notice"): "noticed" for state in ("confirmed", "partly")},
        **{(state, "withdraw"): "under_review" for state in ("confirmed", "partly", "noticed")},
        ("noticed", "appeal"): "appealed",
        **{
            (state, move): to
            for state in ("appealed", "upheld", "rejected")
            for move, to in _APPEAL_MOVES.items()
        },
        # A second person agrees to what one alone decided while less was at stake.
        **{(state, "agree"): state for state in ("noticed", "upheld", "rejected")},
        **{(state, "settle"): "final" for state in ("noticed", "upheld", "rejected")},
        ("final", "acknowledge"): "final",  # found wrong too late: what is owed is written down
        ("dismissed", "reopened"): "open",
    }
)


@dataclass(frozen=True)
class Move:
    """One step of a case, as recorded. Nothing of it is ever changed.

    Attributes:
        case_id: Of which case.
        seq: Its number in the case, from 1.
        number: Its number over all cases, from 1.
        move: What was done, see `ALLOWED_MOVES`.
        state: The case's state after it.
        moved_by: A person, the run of the detection, or the settle run.
        moved_at: When, aware UTC.
        reason: Why, as given.
        evidence_sha256: Of the evidence that lay before whoever moved.
        owner_id: Whom an appeal, its answer or an acknowledgement concerns; None means all.
        policy_sha256: Of the policy that a decision or a proposal went by.
        until: Of a notice: appeals are open until then, aware UTC.
    """

    case_id: str
    seq: int
    number: int
    move: str
    state: str
    moved_by: str
    moved_at: datetime
    reason: str
    evidence_sha256: str
    owner_id: str | None = None
    policy_sha256: str | None = None
    until: datetime | None = None


def allowed_by_people(state: str) -> tuple[str, ...]:
    """Return the moves that a person may make in a state, sorted."""
    others = {*DETECTION_MOVES, "settle"}
    return tuple(sorted(move for (of, move) in ALLOWED_MOVES if of == state and move not in others))


def refusal(case_id: str, state: str, move: str) -> str:
    """Return why a move is refused that does not fit the state of a case, and which would."""
    listed = ", ".join(allowed_by_people(state)) or "nothing until there is new evidence"
    return (
        f"rule 'moves of a case': {move!r} is not allowed on {case_id!r}, which is {state}; "
        f"allowed: {listed}"
    )


def may_take(state: str, move: str) -> bool:
    """Whether a move fits a state."""
    return (state, move) in ALLOWED_MOVES
