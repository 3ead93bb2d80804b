"""Decides many synthetic cases at once: the rows that `jobs.decide` writes, in bulk.

One by one, thousands of decisions would take longer than what is measured. The facts, the policy's
verdicts, the amounts, the entries and the leaves come from the functions that `jobs.decide` uses;
what differs is that amounts of all cases are found together, which is the same because no held line
concerns two of them, and that rows are inserted together. `winnow verify` and the replay of the
batches say whether it is a true home.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import polars as pl

from jobs.batches import Draft, by_week, involved_sha256, leaf_body
from jobs.keys import Keys
from jobs.moving import moves_sha256
from jobs.policy import InForce, judge_members, load_facts, load_policy
from seasons.accounts import HELD_LINES
from seasons.enforcement import release_entries, seize_entries, seizures_due
from seasons.moderation import grade
from seasons.proofs import (
    Frontier,
    canonical_json,
    entries_sha256,
    leaf_hash,
    origin,
    sign_checkpoint,
)
from seasons.sealing import SALT_BYTES
from warehouse import ledger, log
from warehouse.cases import Decided, involved_owners, moves_count, standing_of
from warehouse.connection import Connection, transaction
from warehouse.errors import VerificationFailed
from warehouse.home import Home
from warehouse.instants import to_stored
from warehouse.moves import ALLOWED_MOVES, Move
from warehouse.policies import store_policy
from warehouse.records import Batch

_LINE: Final = tuple(name for name in HELD_LINES if name != "micropoints")
_REASON: Final = "synthetic"


def decide_cases(home: Home, keys: Keys, case_ids: Sequence[str], now: datetime) -> None:
    """Confirm each case, by two people, carry out what is due, and give notice of all.

    Args:
        home: The home; the cases are open, and no held line concerns two of them.
        keys: Sign the log.
        case_ids: Which cases.
        now: When all of it happens.

    Raises:
        VerificationFailed: It did not come out as the warehouse sees it.
    """
    policy = load_policy(home)
    decided = _decided(home, policy, case_ids)
    with transaction(home) as connection:
        store_policy(connection, policy.sha256, policy.policy.version, policy.text, now)
        written = _Written(home, keys, now, Frontier(*(log.last_peaks(connection) or ())))
        involved = _Involved(connection)
        due = _Due(connection, decided)
        cases = _Cases(connection, case_ids, policy, now)
        for case_id in case_ids:
            proposal = cases.move(case_id, "propose", "ana")
            written.append_moves([(proposal, decided[case_id])])
            confirmed = cases.move(case_id, "confirm", "ben")
            written.append_moves([(confirmed, decided[case_id])])
            concerned = involved.confirm(confirmed)
            for draft in due.drafts(confirmed):
                written.append_batch(draft, concerned)
        for case_id in case_ids:
            written.append_moves([(cases.move(case_id, "notice", "ana"), None)])
        cases.store(connection, decided)
        written.store(connection)
        if involved.digest() != involved_sha256(involved_owners(connection)):
            raise VerificationFailed("cases concern others than they were thought to")


def _decided(home: Home, policy: InForce, case_ids: Sequence[str]) -> dict[str, Decided]:
    """Return what the policy says of each case, were it confirmed whole."""
    loaded = load_facts(home, case_ids)
    judged = judge_members(policy.policy, loaded).partition_by("case_id", as_dict=True)
    return {
        case_id: Decided(
            loaded.canonical(case_id), None, grade(case_id, judged[case_id,], frozenset())
        )
        for case_id in case_ids
    }


class _Due:
    """What decisions make due of what is held when the first is made."""

    def __init__(self, connection: Connection, decided: dict[str, Decided]) -> None:
        verdicts = pl.concat(
            said.verdicts.select(pl.lit(case_id).alias("case_id"), "owner_id", "keep_bps")
            for case_id, said in decided.items()
        )
        held = ledger.lines(connection)
        seized = seizures_due(held, verdicts)
        gone = seized.select(*_LINE, pl.col("micropoints").alias("gone"))
        left = pl.col("micropoints") - pl.col("gone").fill_null(0)
        released = (
            held.join(verdicts, left_on="subject", right_on="owner_id")
            .join(gone, on=_LINE, how="left", maintain_order="left")
            .with_columns(left.alias("micropoints"))
            .filter(pl.col("micropoints") > 0)
            .sort(_LINE)
        )
        self._seized = seized.partition_by("case_id", as_dict=True)
        self._released = released.partition_by("case_id", as_dict=True)

    def drafts(self, move: Move) -> Iterator[Draft]:
        """Yield the batches of a decision."""
        key, case = f"{move.case_id}/{move.seq}", (move.case_id,)
        yield from by_week(key, "seize", self._seized[case], seize_entries, move.number)
        released = self._released[case].select(HELD_LINES.names())
        yield from by_week(key, "release", released, release_entries, move.number)


class _Involved:
    """Whom cases concern, line by line, so that a decision changes a few lines."""

    def __init__(self, connection: Connection) -> None:
        involved = involved_owners(connection)
        self._rows = {(row["owner_id"], row["case_id"]): row for row in involved.to_dicts()}
        self._lines = {place: _line(row) for place, row in self._rows.items()}
        self._of_case: dict[str, list[tuple[str, str]]] = {}
        for place in self._rows:
            self._of_case.setdefault(place[1], []).append(place)

    def confirm(self, move: Move) -> str:
        """Change the lines of a case that is confirmed; return the digest of all."""
        for place in self._of_case[move.case_id]:
            changed = {**self._rows[place], "state": "confirmed", "decision": move.seq}
            self._lines[place] = _line(changed)
        return self.digest()

    def digest(self) -> str:
        """Return what `jobs.batches.involved_sha256` says of all lines."""
        return sha256("".join(self._lines.values()).encode()).hexdigest()


def _line(row: dict[str, Any]) -> str:
    return (
        "\t".join(str(cell) for cell in {**row, "decision": row["decision"] or 0}.values()) + "\n"
    )


class _Cases:
    """The moves of cases, and what they say."""

    def __init__(
        self, connection: Connection, case_ids: Sequence[str], policy: InForce, now: datetime
    ) -> None:
        self._standing = standing_of(connection, case_ids)
        self._number = moves_count(connection)
        self._policy, self._now = policy, now
        self._moves: list[Move] = []

    def move(self, case_id: str, name: str, by: str) -> Move:
        """Move a case, as `warehouse.recording.record_move` does."""
        state, seq, evidence = self._standing[case_id]
        self._number += 1
        notice, after = name == "notice", ALLOWED_MOVES[state, name]
        days = timedelta(days=self._policy.policy.appeal_days)
        self._standing[case_id] = (after, seq + 1, evidence)
        self._moves.append(
            Move(
                case_id=case_id,
                seq=seq + 1,
                number=self._number,
                move=name,
                state=after,
                moved_by=by,
                moved_at=self._now,
                reason=_REASON,
                evidence_sha256=evidence,
                policy_sha256=None if notice else self._policy.sha256,
                until=self._now + days if notice else None,
            )
        )
        return self._moves[-1]

    def store(self, connection: Connection, decided: dict[str, Decided]) -> None:
        """Insert the moves, and take the cases to where they led."""
        _insert(connection, "case_moves", _frame(_stored(asdict(m)) for m in self._moves))
        says = [(m.case_id, m.seq, decided[m.case_id]) for m in self._moves if m.move != "notice"]
        facts = [
            {"case_id": case_id, "seq": seq, "facts": said.facts} for case_id, seq, said in says
        ]
        _insert(connection, "case_decisions", _frame(facts))
        verdicts = [
            said.verdicts.select(
                pl.lit(case_id).alias("case_id"), pl.lit(seq).alias("seq"), pl.all()
            )
            for case_id, seq, said in says
        ]
        _insert(connection, "case_verdicts", pl.concat(verdicts))
        reached = [(case_id, state) for case_id, (state, _, _) in self._standing.items()]
        connection.executemany(
            "update cases set state = $2 where case_id = $1", [list(case) for case in reached]
        )


class _Written:
    """Leaves and batches that are about to be stored."""

    def __init__(self, home: Home, keys: Keys, now: datetime, frontier: Frontier) -> None:
        self._origin = origin(home.home_id, rehearsal=home.rehearsal)
        self._keys, self._now, self._frontier = keys, now, frontier
        self._leaves: list[dict[str, Any]] = []
        self._checkpoints: list[dict[str, Any]] = []
        self._batches: list[dict[str, Any]] = []
        self._entries: list[pl.DataFrame] = []

    def append_moves(self, moves: Sequence[tuple[Move, Decided | None]]) -> None:
        """Fix moves, as `jobs.moving.fix_moves` does."""
        self._append(
            {
                "type": "moves",
                "first": str(moves[0][0].number),
                "last": str(moves[-1][0].number),
                "moves_sha256": moves_sha256(moves),
                "salt": secrets.token_hex(SALT_BYTES),
            }
        )

    def append_batch(self, draft: Draft, involved: str) -> None:
        """Write a batch, as `jobs.batches.write_batch` does."""
        batch = Batch(
            season=draft.season,
            week=draft.week,
            kind=draft.kind,
            key=draft.key,
            created_at=self._now,
            entries=draft.entries.height,
            entries_sha256=entries_sha256(draft.entries),
        )
        inputs = {
            "moves": str(draft.moves),
            "involved_sha256": involved,
            "salt": secrets.token_hex(SALT_BYTES),
        }
        leaf_index = self._append(leaf_body(batch, inputs))
        of_batch = {"batch_id": batch.batch_id, "leaf_index": leaf_index, "moves": draft.moves}
        self._batches.append(_stored({**asdict(batch), **of_batch}))
        self._entries.append(
            draft.entries.with_row_index("line").select(
                pl.lit(batch.batch_id).alias("batch_id"), pl.all()
            )
        )

    def _append(self, body: dict[str, Any]) -> int:
        """Append a leaf, as `jobs.signing.append_leaf` does."""
        text, index = canonical_json(body), self._frontier.size
        leaf = leaf_hash(text)
        self._frontier = self._frontier.append(leaf)
        checkpoint = sign_checkpoint(self._frontier, self._origin, self._keys.signing)
        at = to_stored(self._now)
        self._leaves.append(
            {"leaf_index": index, "body": text, "leaf_hash": leaf, "appended_at": at}
        )
        kept = {"signed_at": at, "peaks": list(self._frontier.peaks)}
        self._checkpoints.append(
            {"root": checkpoint.root, "note": checkpoint.note, "tree_size": index + 1, **kept}
        )
        return index

    def store(self, connection: Connection) -> None:
        """Insert everything, in the order in which it was appended."""
        _insert(connection, "log_leaves", _frame(self._leaves))
        _insert(connection, "checkpoints", _frame(self._checkpoints))
        _insert(connection, "batches", _frame(self._batches))
        _insert(connection, "entries", pl.concat(self._entries))


def _stored(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: to_stored(cell) if isinstance(cell, datetime) else cell for name, cell in row.items()
    }


def _frame(rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), infer_schema_length=None)


def _insert(connection: Connection, table: str, content: pl.DataFrame) -> None:
    connection.register("new_rows", content)
    connection.execute(f"insert into {table} by name select * from new_rows")  # noqa: S608
    connection.unregister("new_rows")
