"""What a notice says: as a document for machines, and in plain sentences for its owner.

Both say the same and nothing more: what was observed, what it costs, what happens next, until when
and how to appeal. No one else's account, no score, no number of the policy, no name of a moderator.
"""

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from seasons.notices import AMOUNTS, KEEP_ALL, Line, Notice, What
from warehouse.records import MICROPOINTS_PER_POINT

FORMAT: Final = "winnow-notice/1"
COLUMNS_WIDE: Final = 72
REHEARSAL: Final = "REHEARSAL: this is an exercise and concerns nobody's points."

_NO_ACCUSATION: Final = (
    "This notice says what was observed. It does not say that you did anything wrong."
)
_TRADES: Final = (
    "Trades between accounts that count together do not count towards points, as trades between "
    "accounts of one owner never do."
)
_ONCE_FINAL: Final = (
    "Once the decision is final, what is still set aside then is shared among others who earned "
    "points in the same weeks, where there are any."
)
_THROUGH_OTHERS: Final = (
    "This says nothing about your own account, and nothing is asked of you.",
    "What becomes of such points follows those through whom they were earned. So there is nothing "
    "that you would have to appeal against yourself: if it changes, your part comes back to you.",
)
_OWED: Final = (
    "What had been set aside was given on when the decision became final. It is not taken back.",
    "What is owed to you is written down, and stays written down. It is a record and no promise: "
    "whether it is made up for, and how, is not decided by this.",
)
_OPENING: Final[Mapping[What, str]] = MappingProxyType(
    {
        What.CONFIRMED: "We looked at your account and decided that it counts together with at "
        "least one other account.",
        What.CLEARED: "We looked at your account and decided that it counts for itself. Nothing "
        "was taken.",
        What.DISMISSED: "We looked at your account, and the review has ended. Nothing was taken.",
        What.REJECTED: "Your appeal was looked at by somebody who took no part in the decision. "
        "The decision stays as it is.",
        What.WITHDRAWN: "The decision about your points was withdrawn. It counts no more.",
        What.ACKNOWLEDGED: "We looked again at the decision about your points, which was final. It "
        "was wrong about you, and does not hold for you any more.",
    }
)
_OPENING_OF_REFERRALS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "uphold": "Points that you earned through people you referred are given back.",
        "withdraw": "Points that you earned through people you referred are back where they were "
        "held, while something is looked at again.",
        "acknowledge": "Points that you earned through people you referred were set aside and "
        "given on. We looked again, and this was wrong.",
    }
)
_NEXT: Final[Mapping[What, tuple[str, ...]]] = MappingProxyType(
    {
        What.CONFIRMED: (
            "What was set aside is given to nobody else until the decision is final.",
            _ONCE_FINAL,
            "Points of later weeks are held until then, and follow this decision.",
            _TRADES,
            _NO_ACCUSATION,
        ),
        What.CLEARED: ("You need not do anything.",),
        What.DISMISSED: ("You need not do anything.",),
        What.UPHELD: ("You need not do anything.",),
        What.REJECTED: (
            _ONCE_FINAL,
            "There is one appeal for each decision.",
            _NO_ACCUSATION,
        ),
        What.WITHDRAWN: (
            "Points that were held stay held while we look again. You will be told what is "
            "decided.",
        ),
        What.ACKNOWLEDGED: (*_OWED, "You need not do anything."),
        What.REFERRALS: _THROUGH_OTHERS,
    }
)
_BACK: Final = "What was set aside is back where it was before."
_KEEPS_ALL: Final = ("You keep all of your points, those of later weeks too.", _TRADES)
# Which amounts a person reads, by the sort of move, with the words above them.
_AT_A_DECISION: Final = (("you keep", "kept"), ("set aside", "set_aside"))
_COLUMNS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = MappingProxyType(
    {
        "confirm": _AT_A_DECISION,
        "partly": _AT_A_DECISION,
        "dismiss": (("yours", "kept"),),
        "uphold": (("given back", "returned"), ("still set aside", "in_escrow")),
        "reject": (("set aside", "in_escrow"),),
        "withdraw": (("given back", "returned"),),
        "acknowledge": (("owed to you", "owed"),),
    }
)
_AMOUNT_WIDE: Final = 20


@dataclass(frozen=True)
class Letterhead:
    """What stands above a notice.

    Attributes:
        home_id: Of the home that gives it.
        rehearsal: Whether the home is for trying things out.
        reference: What support finds the notice by.
    """

    home_id: str
    rehearsal: bool
    reference: str


def notice_document(notice: Notice, head: Letterhead) -> dict[str, Any]:
    """Return a notice for machines; amounts are strings, instants end in Z."""
    until = notice.appeal_until
    of_owner = notice.case_id is not None
    return {
        "format": FORMAT,
        "home_id": head.home_id,
        "rehearsal": head.rehearsal,
        "reference": head.reference,
        "case": notice.case_id,
        "owner": notice.owner_id,
        "decided_on": notice.ruling.decided_on.isoformat(),
        "what": notice.what.value,
        "summary": _opening(notice),
        "patterns": list(notice.patterns),
        "why": notice.why,
        "policy_version": notice.ruling.policy_version if of_owner else None,
        "weeks": [
            {"week": line.week, "from_referrals": line.from_referrals}
            | {f"{amount}_micropoints": str(getattr(line, amount)) for amount in AMOUNTS}
            for line in notice.lines
        ],
        "total": {f"{amount}_micropoints": str(notice.total(amount)) for amount in AMOUNTS},
        "next": list(_next(notice)),
        "appeal_until": None if until is None else f"{until:%Y-%m-%dT%H:%M:%SZ}",
        "how_to_appeal": _how_to_appeal(notice),
    }


def notice_text(notice: Notice, head: Letterhead) -> str:
    """Return a notice in plain sentences, in lines of at most `COLUMNS_WIDE`.

    An owner id stays whole, however long it is.
    """
    appeal = _how_to_appeal(notice)
    blocks = [
        REHEARSAL if head.rehearsal else "",
        _heading(notice, head),
        _filled(_opening(notice)),
        _section("What was observed", _listed(notice.patterns)),
        _section("Why this much", _filled(notice.why or "")),
        *_tables(notice),
        _section("What happens next", _listed(_next(notice))),
        _section("If you see it differently", _filled(appeal or "")),
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _heading(notice: Notice, head: Letterhead) -> str:
    lines = [f"Notice {head.reference} of {notice.ruling.decided_on.isoformat()}"]
    lines.append(f"To {notice.owner_id}")
    if notice.case_id is not None:
        lines.append(f"Case {notice.case_id}")
    return "\n".join(lines)


def _opening(notice: Notice) -> str:
    if notice.what is What.REFERRALS:
        return _OPENING_OF_REFERRALS.get(notice.ruling.move) or (
            "Points that you earned through people you referred were held. "
            + _became_of_them(notice)
        )
    if notice.what is What.UPHELD:
        if notice.keep_bps < KEEP_ALL:
            return "Your appeal is upheld in part: you keep more than was decided at first."
        return "Your appeal is upheld: the decision does not hold for you any more."
    return _OPENING[notice.what]


def _became_of_them(notice: Notice) -> str:
    if not notice.total("escrowed"):
        return "They are yours."
    return "A part of them was set aside." if notice.total("kept") else "They were set aside."


def _next(notice: Notice) -> tuple[str, ...]:
    said = _NEXT[notice.what]
    if notice.what is What.CONFIRMED and notice.keep_bps == KEEP_ALL:
        said = (*_KEEPS_ALL, _NO_ACCUSATION)
    if notice.what is What.UPHELD and notice.keep_bps < KEEP_ALL:
        said = (_ONCE_FINAL,)
    if notice.what is What.REFERRALS and notice.ruling.move == "acknowledge":
        said = (_THROUGH_OTHERS[0], *_OWED)
    return (*_about_amounts(notice), *said)


def _about_amounts(notice: Notice) -> Iterator[str]:
    """Say of the amounts what the table does not."""
    held, reached_back = notice.total("held"), notice.total("reached_back")
    if held and notice.ruling.move != "withdraw":
        yield (
            f"Of what is yours, {_points(held)} points stay held for now, because something else "
            "that concerns them is still looked at."
        )
    if reached_back:
        yield (
            f"Of what was set aside, {_points(reached_back)} points were yours already; they come "
            "from earlier weeks of the season."
        )
    if notice.ruling.move == "withdraw" and notice.total("returned"):
        yield _BACK


def _how_to_appeal(notice: Notice) -> str | None:
    until = notice.appeal_until
    if until is None:
        return None
    return (
        f"You may appeal until {until:%Y-%m-%d %H:%M} UTC. Write to support before then, name the "
        f"case {notice.case_id}, and say in your own words what should be looked at again. "
        "Somebody who took no part in the decision will answer. Until they have, nothing that was "
        "set aside is given to anybody else."
    )


def _tables(notice: Notice) -> Iterator[str]:
    own = [line for line in notice.lines if not line.from_referrals]
    referred = [line for line in notice.lines if line.from_referrals]
    columns = _COLUMNS[notice.ruling.move]
    yield _section("Your points", _table(own, columns))
    yield _section("Points earned through people you referred", _table(referred, columns))


def _table(lines: list[Line], columns: tuple[tuple[str, str], ...]) -> str:
    """Return amounts by week, without the columns and lines in which nothing stands."""
    used = [(words, name) for words, name in columns if any(getattr(x, name) for x in lines)]
    shown = [line for line in lines if any(getattr(line, name) for _, name in used)]
    if not shown:
        return ""
    rows = [
        ("week", *(words for words, _ in used)),
        *((line.week, *(_points(getattr(line, name)) for _, name in used)) for line in shown),
    ]
    if len(shown) > 1:
        sums = (_points(sum(getattr(line, name) for line in shown)) for _, name in used)
        rows.append(("in all", *sums))
    return "\n".join(
        f"  {week:<8}" + "".join(f"{cell:>{_AMOUNT_WIDE}}" for cell in cells)
        for week, *cells in rows
    )


def _points(micropoints: int) -> str:
    whole, rest = divmod(micropoints, MICROPOINTS_PER_POINT)
    return f"{whole:,}.{rest:06d}"


def _section(title: str, content: str) -> str:
    return f"{title}\n{content}" if content else ""


def _filled(words: str) -> str:
    return textwrap.fill(words, COLUMNS_WIDE)


def _listed(sentences: tuple[str, ...]) -> str:
    return "\n".join(
        textwrap.fill(words, COLUMNS_WIDE, initial_indent="  - ", subsequent_indent="    ")
        for words in sentences
    )
