"""What people do on cases, in short words: for tests, which read better for it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import polars as pl

from jobs import appeal as appeals
from jobs.appeal import Answer, Moved
from jobs.decide import Decision, Outcome, Verdict, decide, preview_decision
from jobs.keys import Keys
from jobs.moving import make_move
from jobs.points import points_of
from jobs.replay import replay
from jobs.settle import Settled, settle
from jobs.verify import verify
from warehouse import ledger
from warehouse.cases import CaseFile, involved_owners, load_case
from warehouse.connection import Row, rows, transaction, warehouse
from warehouse.home import Home
from warehouse.recording import NewMove
from warehouse.records import Week

APPEAL_DAYS = timedelta(days=14)


@dataclass(frozen=True)
class Moderators:
    """Everybody who does something on cases of one home, at one time.

    Attributes:
        home: Where.
        keys: Sign the log.
        now: When.
    """

    home: Home
    keys: Keys
    now: datetime

    def later(self, pause: timedelta) -> "Moderators":
        """Return them some time later."""
        return replace(self, now=self.now + pause)

    def confirm(
        self,
        case_id: str,
        by: str = "ana",
        *,
        clear: tuple[str, ...] = (),
        reach: Week | None = None,
    ) -> Outcome:
        return self._decide(case_id, Verdict.CONFIRM, by, clear, reach)

    def dismiss(self, case_id: str, by: str = "ana") -> Outcome:
        return self._decide(case_id, Verdict.DISMISS, by, (), None)

    def _decide(
        self, case_id: str, verdict: Verdict, by: str, clear: tuple[str, ...], reach: Week | None
    ) -> Outcome:
        decision = Decision(case_id, verdict, by, "looked", frozenset(clear), reach)
        return decide(self.home, self.keys, decision, self.now)

    def preview(self, case_id: str, *, reach: Week | None = None) -> Outcome:
        decision = Decision(case_id, Verdict.CONFIRM, "ana", "looked", frozenset(), reach)
        return preview_decision(self.home, self.keys, decision, self.now)

    def notice(self, case_id: str) -> datetime:
        """Give notice of a decision; return until when appeals are open."""
        until = self.now + APPEAL_DAYS
        new = NewMove(case_id, "notice", "ana", "everyone concerned is told", until=until)
        with transaction(self.home) as connection:
            make_move(connection, self.home, self.keys, new, self.now)
        return until

    def agree(self, case_id: str, by: str = "ben") -> Moved:
        new = NewMove(case_id, "agree", by, "looked too")
        return appeals.agree(self.home, self.keys, new, self.now)

    def appeal(self, case_id: str, owner: str, by: str = "support") -> Moved:
        new = NewMove(case_id, "appeal", by, "they wrote to us", owner_id=owner)
        return appeals.appeal(self.home, self.keys, new, self.now)

    def uphold(self, case_id: str, owner: str, keep_bps: int = 10_000, by: str = "eve") -> Moved:
        return appeals.answer(
            self.home, self.keys, Answer(case_id, owner, keep_bps, by, "verified"), self.now
        )

    def reject(self, case_id: str, owner: str, by: str = "eve") -> Moved:
        given = Answer(case_id, owner, None, by, "nothing new")
        return appeals.answer(self.home, self.keys, given, self.now)

    def review(self, case_id: str, by: str = "ana") -> Moved:
        return appeals.review(
            self.home, self.keys, NewMove(case_id, "review", by, "taken up"), self.now
        )

    def withdraw(self, case_id: str, by: str = "ana") -> Moved:
        new = NewMove(case_id, "withdraw", by, "the wrong case")
        return appeals.withdraw(self.home, self.keys, new, self.now)

    def acknowledge(self, case_id: str, owner: str, by: str = "eve") -> Moved:
        new = NewMove(case_id, "acknowledge", by, "found wrong", owner_id=owner)
        return appeals.acknowledge(self.home, self.keys, new, self.now)

    def settle(self, as_of: datetime | None = None) -> Settled:
        return settle(self.home, self.keys, as_of=as_of or self.now, now=self.now)

    def case(self, case_id: str) -> CaseFile:
        with warehouse(self.home, read_only=True) as connection:
            return load_case(connection, case_id)

    def points(self, owner: str) -> tuple[int, int, int]:
        """Return what an owner has: own, held and in escrow."""
        total = points_of(self.home, owner).total
        return total.own_micropoints, total.held_micropoints, total.escrowed_micropoints

    def balances(self) -> pl.DataFrame:
        with warehouse(self.home, read_only=True) as connection:
            return ledger.balances(connection)

    def involved(self) -> list[tuple[str, str, str]]:
        """Return owner, case and state of everybody whom a case concerns."""
        with warehouse(self.home, read_only=True) as connection:
            return involved_owners(connection).select("owner_id", "case_id", "state").rows()

    def read(self, sql: str) -> list[Row]:
        with warehouse(self.home, read_only=True) as connection:
            return rows(connection, sql)

    def findings(self) -> list[tuple[str, str, str]]:
        """Verify everything, and replay what cases led to; issues are replayed elsewhere."""
        found = [(one.check, one.subject, one.detail) for one in verify(self.home).findings]
        with warehouse(self.home, read_only=True) as connection:
            batches = [one for one in ledger.batches(connection) if one.batch.kind != "issue"]
        replayed = [(one.batch.batch_id, replay(self.home, self.keys, one)) for one in batches]
        return found + [("replay", name, wrong) for name, wrong in replayed if wrong is not None]
