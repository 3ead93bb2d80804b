"""Who is told what after a move of a case: one notice an owner, from verdicts and moved points.

A notice is about one owner and names nobody else. What a referrer lost with a referee stands in the
referrer's own notice, without the referee and without the case: that somebody was looked at is told
to that somebody alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import polars as pl

KEEP_ALL: Final = 10_000
AMOUNTS: Final = ("kept", "held", "escrowed", "reached_back", "returned", "in_escrow", "owed")


class What(StrEnum):
    """What a notice tells its owner."""

    CONFIRMED = "confirmed"
    CLEARED = "cleared"
    DISMISSED = "dismissed"
    UPHELD = "upheld"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    ACKNOWLEDGED = "acknowledged"  # found wrong when it was final: what is owed is written down
    REFERRALS = "referrals"  # for whoever referred somebody: what became of their share


_WHAT_OF_MOVES: Final[Mapping[str, What]] = MappingProxyType(
    {
        "uphold": What.UPHELD,
        "withdraw": What.WITHDRAWN,
        "acknowledge": What.ACKNOWLEDGED,
    }
)


@dataclass(frozen=True)
class Ruling:
    """A move of a case that people are told of.

    Attributes:
        case_id: Of which case.
        seq: Its number in the case.
        move: confirm, partly, dismiss, uphold, reject, withdraw or acknowledge.
        decided_on: The UTC day.
        since: Number of the last move before it that took a decision back; 0 where none did.
        noticed: Of a withdrawal: whether notice was given of the decision that it takes back.
        policy_version: Of the policy that the decision went by, if any.
        appeal_until: Of a decision: appeals are open until then, aware UTC.
    """

    case_id: str
    seq: int
    move: str
    decided_on: date
    since: int = 0
    noticed: bool = False
    policy_version: str | None = None
    appeal_until: datetime | None = None

    @property
    def is_decision(self) -> bool:
        """Whether it says of everybody in the case what they keep."""
        return self.move in {"confirm", "partly"}


@dataclass(frozen=True)
class Party:
    """An owner whom a ruling is about.

    Attributes:
        owner_id: Who.
        what: What they are told.
        keep_bps: The part that they keep.
        rule: Of the policy, where one graded it.
    """

    owner_id: str
    what: What
    keep_bps: int = KEEP_ALL
    rule: str | None = None


@dataclass(frozen=True)
class Line:
    """What a ruling did to an owner's points of one week, in micropoints.

    Attributes:
        week: Label of the week that they come from.
        from_referrals: Whether they were earned through people whom the owner referred.
        kept: Theirs: released by the ruling, waiting for something else, or their own before and
            left to them where it reached back.
        held: The part of `kept` that waits for something else.
        escrowed: Set aside by the ruling, from what was held.
        reached_back: Set aside by the ruling, from what was the owner's own.
        returned: Given back from what had been set aside.
        in_escrow: Set aside when the ruling had been carried out.
        owed: Written down as owed to the owner: a memo, and no points.
    """

    week: str
    from_referrals: bool
    kept: int
    held: int
    escrowed: int
    reached_back: int
    returned: int
    in_escrow: int
    owed: int = 0

    @property
    def set_aside(self) -> int:
        """Set aside by the ruling, wherever it was before."""
        return self.escrowed + self.reached_back

    @property
    def changed(self) -> bool:
        """Whether the ruling itself did anything to these points."""
        return any((self.kept, self.escrowed, self.reached_back, self.returned, self.owed))


@dataclass(frozen=True)
class Notice:
    """What one owner is told of one ruling.

    Attributes:
        owner_id: Who is told.
        what: What.
        ruling: The move that it tells of.
        keep_bps: The part that the owner keeps.
        patterns: What was observed of the owner, one sentence each; may be empty.
        why: The policy's sentence for the owner, if any.
        lines: By week, their own before what comes from referrals; may be empty.
    """

    owner_id: str
    what: What
    ruling: Ruling
    keep_bps: int
    patterns: tuple[str, ...]
    why: str | None
    lines: tuple[Line, ...]

    @property
    def case_id(self) -> str | None:
        """The case, which a referrer is not told."""
        return None if self.what is What.REFERRALS else self.ruling.case_id

    @property
    def appeal_until(self) -> datetime | None:
        """Until when this owner may appeal; None for whom no decision confirms.

        Who keeps everything may as well: they count as one of the group.
        """
        return self.ruling.appeal_until if self.what is What.CONFIRMED else None

    def total(self, amount: str) -> int:
        """Return the sum of an amount, named as in `AMOUNTS`, over all lines."""
        return sum(getattr(line, amount) for line in self.lines)


def decide_parties(
    ruling: Ruling, verdicts: pl.DataFrame, members: Sequence[str], appellant: str | None
) -> tuple[Party, ...]:
    """Return whom a ruling is about, sorted by owner.

    Args:
        ruling: The move.
        verdicts: owner_id, verdict, keep_bps, rule of the accounts that the ruling itself speaks
            of; of a withdrawal those of the decision that it takes back.
        members: The owners of the case.
        appellant: Whose appeal an answer answers.
    """
    if ruling.move == "dismiss":
        return tuple(Party(owner, What.DISMISSED) for owner in sorted(set(members)))
    if ruling.move == "reject":
        return (Party(str(appellant), What.REJECTED),)
    # Of an owner's accounts, the one that keeps least speaks for the owner.
    found = verdicts.sort("owner_id", "keep_bps", "rule").unique("owner_id", maintain_order=True)
    return tuple(
        Party(owner, _what(ruling, verdict), keep_bps, rule if ruling.is_decision else None)
        for owner, verdict, keep_bps, rule in found.select(
            "owner_id", "verdict", "keep_bps", "rule"
        ).iter_rows()
    )


def _what(ruling: Ruling, verdict: str) -> What:
    if ruling.is_decision:
        return What(verdict)
    return _WHAT_OF_MOVES[ruling.move]


def decide_notices(
    ruling: Ruling,
    parties: Sequence[Party],
    members: Sequence[str],
    moved: pl.DataFrame,
) -> tuple[Notice, ...]:
    """Return one notice for each owner who is to be told of a ruling.

    1. Everybody whom a decision or an answer is about is told, whatever it cost them.
    2. Of a dismissal, and of the withdrawal of a decision that nobody was told of, only those are
       told to whom it gave something back: the others never heard that there was anything.
    3. Whoever referred an owner of the case is told what became of their share.

    Args:
        ruling: The move.
        parties: Whom it is about.
        members: The owners of the case.
        moved: case_id, seq, season, week, owner_id, subject, what, micropoints: what this move and
            those before it did (`warehouse.notices.load_moved_points`).

    Returns:
        By owner; patterns and `why` are still to be said (`dataclasses.replace`).
    """
    lines = _lines_by_owner(ruling, moved, {party.owner_id for party in parties}, set(members))
    always = ruling.move != "dismiss" and (ruling.move != "withdraw" or ruling.noticed)
    changed = {owner for owner, of_owner in lines.items() if any(x.changed for x in of_owner)}
    told = [party for party in parties if always or party.owner_id in changed]
    named = {party.owner_id for party in parties}
    referrers = [Party(owner, What.REFERRALS) for owner in changed - named]
    return tuple(
        Notice(
            party.owner_id,
            party.what,
            ruling,
            party.keep_bps,
            patterns=(),
            why=None,
            lines=lines.get(party.owner_id, ()),
        )
        for party in sorted([*told, *referrers], key=lambda party: party.owner_id)
    )


def _lines_by_owner(
    ruling: Ruling, moved: pl.DataFrame, parties: set[str], members: set[str]
) -> Mapping[str, tuple[Line, ...]]:
    """Return what a ruling did to the points of parties, and of those who referred members."""
    shared = pl.col("subject").fill_null(pl.col("owner_id")) != pl.col("owner_id")
    concerned = pl.col("owner_id").is_in(list(parties)) | (
        shared & pl.col("subject").is_in(list(members))
    )
    amounts = (
        moved.filter(
            pl.col("case_id") == ruling.case_id,
            pl.col("seq").is_between(ruling.since + 1, ruling.seq),
            concerned,
        )
        .group_by("owner_id", shared.alias("from_referrals"), "season", "week")
        .agg(_amounts(ruling))
        .filter(pl.any_horizontal(pl.col(*AMOUNTS) != 0))
        .sort("owner_id", "from_referrals", "season", "week")
    )
    return {
        str(owner): tuple(
            Line(f"S{season}W{week:02d}", from_referrals, *of_week)
            for from_referrals, season, week, *of_week in part.select(
                "from_referrals", "season", "week", *AMOUNTS
            ).iter_rows()
        )
        for (owner,), part in amounts.group_by("owner_id", maintain_order=True)
    }


def _amounts(ruling: Ruling) -> list[pl.Expr]:
    """Return the amounts of a line: what one move did, and what lies in escrow after all.

    An acknowledgement comes when the escrow of a case has been spread, so nothing lies there.
    """

    def total(*whats: str, now: bool = True) -> pl.Expr:
        fits = pl.col("what").is_in(whats) & (pl.lit(not now) | (pl.col("seq") == ruling.seq))
        return pl.col("micropoints").filter(fits).sum()

    taken = total("seized", "reached_back", now=False)
    is_spread = pl.lit(ruling.move == "acknowledge")
    left = pl.when(is_spread).then(0).otherwise(taken - total("restored", now=False))
    return [
        total("released", "held", "left").alias("kept"),
        total("held").alias("held"),
        total("seized").alias("escrowed"),
        total("reached_back").alias("reached_back"),
        total("restored").alias("returned"),
        left.alias("in_escrow"),
        total("owed").alias("owed"),
    ]
