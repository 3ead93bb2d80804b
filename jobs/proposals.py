"""Points by hand: one person proposes, a second carries out, in one transaction.

Who calls with a content that nobody has proposed yet records a proposal. Whoever else calls with
the same content approves it, and the batch is written. The same content again is answered with the
batch that is there; another content under the same name is refused.

The two read the same file at different times: what counts is the digest of what it says. What it
does is decided anew when it is carried out, from the ledger as it is then.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import polars as pl

from jobs.by_hand import Effect, assess, carry_out, effect_of, proposal_of
from jobs.carrying_out import Place
from jobs.keys import Keys
from jobs.season_files import load_seasons, season_terms
from seasons.drops import BudgetUse
from seasons.moderation import same_person
from seasons.proposals import Proposal
from seasons.terms import Terms
from warehouse import ledger
from warehouse import proposals as store
from warehouse.cases import involved_owners
from warehouse.connection import Connection, transaction, warehouse
from warehouse.errors import LedgerError, ProposalError
from warehouse.home import Home
from warehouse.ledger import StoredBatch
from warehouse.proposals import APPROVED, WITHDRAWN, StoredProposal

KINDS: Final = ("adjust", "drop")
LONGEST_NAME: Final = 128


@dataclass(frozen=True)
class Answer:
    """What became of a proposal, and what it does.

    Attributes:
        state: preview, proposed, done or already.
        kind: adjust or drop.
        origin: The week of origin; week 00 stands for the whole season.
        name: Of the proposal.
        content_sha256: Digest of what is proposed.
        owners: Number of owners on its lines.
        given_micropoints: To owners, held or not.
        held_micropoints: What of it is held, because a case of theirs is not final.
        taken_micropoints: Back from owners.
        owed_micropoints: Asked back, and not there any more.
        budget: What the budget declares, and what has left it before and after.
        strangers: Owners who get something and had no entry in the ledger: new, or misspelt.
        proposed_by: The first person; None in a preview of what nobody proposed yet.
        approved_by: The second person, once there is one.
        batch: Id of its batch, once there is one.
    """

    state: str
    kind: str
    origin: str
    name: str
    content_sha256: str
    owners: int
    given_micropoints: int
    held_micropoints: int
    taken_micropoints: int
    owed_micropoints: int
    budget: BudgetUse
    strangers: tuple[str, ...]
    proposed_by: str | None = None
    approved_by: str | None = None
    batch: str | None = None


def put_forward(home: Home, keys: Keys, proposal: Proposal, by: str, now: datetime) -> Answer:
    """Propose, or carry out what somebody else has proposed.

    Args:
        home: The home.
        keys: Sign the batch.
        proposal: What is wanted.
        by: Who wants it.
        now: The clock.

    Raises:
        ProposalError: The budget does not allow it, the week is not issued, the same person is
            there twice, or another content was proposed under the name.
        SeasonError: This home has no such season or week.
    """
    by = person(by)
    terms = _terms(home, proposal)
    with transaction(home) as connection:
        standing = _standing(connection, proposal)
        if standing is not None and standing.outcome == APPROVED:
            return _already(connection, standing)
        if standing is None:
            effect = assess(connection, terms, proposal)
            store.store_proposal(connection, _to_store(proposal), by, now)
            return replace(_answer("proposed", effect), proposed_by=by)
        _require_second_person(standing, by)
        effect = assess(connection, terms, proposal_of(connection, standing))
        batch = carry_out(Place(connection, home, keys, now), standing, effect, by)
    return replace(
        _answer("done", effect), proposed_by=standing.proposed_by, approved_by=by, batch=batch
    )


def preview(home: Home, proposal: Proposal) -> Answer:
    """Return what a proposal would do now; changes nothing.

    Raises:
        ProposalError: As `put_forward`, save for who asks.
        SeasonError: This home has no such season or week.
    """
    terms = _terms(home, proposal)
    with warehouse(home, read_only=True) as connection:
        standing = _standing(connection, proposal)
        if standing is not None and standing.outcome == APPROVED:
            return _already(connection, standing)
        answer = _answer("preview", assess(connection, terms, proposal))
    return replace(answer, proposed_by=standing.proposed_by if standing else None)


def withdraw(home: Home, place: tuple[str, int, str], by: str, now: datetime) -> StoredProposal:
    """Withdraw what is pending under a name, whoever proposed it; its record stays.

    Args:
        home: The home.
        place: Kind, season and name.
        by: Who withdraws it.
        now: The clock.

    Raises:
        ProposalError: Nothing is pending under the name.
    """
    by = person(by)
    kind, _, name = place
    with transaction(home) as connection:
        standing = _latest(connection, *place)
        if standing is None or standing.outcome is not None:
            raise ProposalError(
                f"nothing is pending under the name {name!r}; see: winnow {kind} --pending"
            )
        withdrawn = replace(standing, outcome=WITHDRAWN, ended_by=by, ended_at=now)
        store.store_end(connection, withdrawn)
    return withdrawn


def pending(home: Home, kind: str) -> tuple[StoredProposal, ...]:
    """Return the proposals of a kind that wait for a second person, oldest first."""
    with warehouse(home, read_only=True) as connection:
        found = store.load_proposals(connection, kind=kind)
    return tuple(one for one in found if one.outcome is None)


def replay_hand_batch(
    connection: Connection, stored: StoredBatch, involved: pl.DataFrame
) -> pl.DataFrame:
    """Return the entries that a batch by hand has to have, from its proposal and the ledger.

    Args:
        connection: The warehouse.
        stored: The batch, adjust or drop.
        involved: Involved owners as of the batch (`warehouse.cases.involved_owners`).

    Raises:
        ProposalError: No proposal was approved for it, or it is not what was stored.
        LedgerError: The log does not say which budget it was from.
    """
    return effect_of(connection, stored, involved).by_hand.entries


def person(name: str) -> str:
    """Return a name without spaces around it.

    Raises:
        ProposalError: It is empty, too long or does not print.
    """
    name = name.strip()
    if not name or not name.isprintable() or len(name) > LONGEST_NAME:
        raise ProposalError(f"{name!r} is no name; say who you are with --by NAME")
    return name


def _terms(home: Home, proposal: Proposal) -> Terms:
    terms = season_terms(load_seasons(home), proposal.season)
    if proposal.week:
        terms.calendar.week(proposal.week)  # raises where the season has no such week
    return terms


def _latest(connection: Connection, kind: str, season: int, name: str) -> StoredProposal | None:
    """Return what is pending or approved under a name."""
    found = store.load_proposals(connection, kind=kind, season=season, name=name)
    standing = [one for one in found if one.outcome != WITHDRAWN]
    return standing[-1] if standing else None


def _standing(connection: Connection, proposal: Proposal) -> StoredProposal | None:
    """Return what is pending or approved under the name, which must be the same content.

    Raises:
        ProposalError: It is another.
    """
    standing = _latest(connection, proposal.kind, proposal.season, proposal.name)
    if standing is None or standing.content_sha256 == proposal.content_sha256:
        return standing
    digests = f"SHA-256 {standing.content_sha256}; the file has {proposal.content_sha256}"
    if standing.outcome == APPROVED:
        raise ProposalError(
            f"{proposal.name!r} was carried out as {standing.batch_id!r} with other content "
            f"({digests}); a name is used once in a season, so choose another"
        )
    raise ProposalError(
        f"{standing.proposed_by!r} proposed other content as {proposal.name!r} ({digests}); "
        f"restore the file, or run: winnow {proposal.kind} FILE --withdraw --by NAME"
    )


def _require_second_person(standing: StoredProposal, by: str) -> None:
    if same_person(standing.proposed_by, by):
        raise ProposalError(
            f"rule 'two people': {by!r} proposed {standing.name!r} at "
            f"{standing.proposed_at:%Y-%m-%d %H:%M} UTC, and nobody approves their own; somebody "
            "else has to run the same"
        )


def _to_store(proposal: Proposal) -> store.NewProposal:
    return store.NewProposal(
        proposal.kind,
        proposal.season,
        proposal.week,
        proposal.name,
        proposal.content,
        proposal.content_sha256,
        proposal.lines,
    )


def _already(connection: Connection, done: StoredProposal) -> Answer:
    """Return the answer of a batch that is there, as it was carried out."""
    batch = ledger.find_batch(connection, done.season, done.week, done.kind, done.name)
    if batch is None:
        raise LedgerError(f"the batch {done.batch_id!r} is missing; run: winnow verify")
    effect = effect_of(connection, batch, involved_owners(connection, moves=batch.moves))
    return replace(
        _answer("already", effect),
        proposed_by=done.proposed_by,
        approved_by=done.ended_by,
        batch=done.batch_id,
    )


def _answer(state: str, effect: Effect) -> Answer:
    proposal, by_hand = effect.proposal, effect.by_hand
    return Answer(
        state=state,
        kind=proposal.kind,
        origin=proposal.origin,
        name=proposal.name,
        content_sha256=proposal.content_sha256,
        owners=proposal.lines.height,
        given_micropoints=by_hand.given,
        held_micropoints=by_hand.held,
        taken_micropoints=by_hand.taken,
        owed_micropoints=by_hand.owed_total,
        budget=effect.use,
        strangers=effect.strangers,
    )
