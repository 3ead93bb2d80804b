"""Carries out what was proposed by hand, in the caller's transaction, and recomputes it.

What a proposal does is decided from its lines, the ledger and the cases, as they are or as they
were at a batch, by the same functions.
"""

from dataclasses import dataclass, replace
from hashlib import sha256

import polars as pl

from jobs.batches import Draft, write_batch
from jobs.carrying_out import Place
from seasons.adjustments import decide_adjustment
from seasons.drops import BudgetUse, ByHand, decide_drop, require_within, waiting_owners
from seasons.proofs import canonical_json, lines_sha256
from seasons.proposals import Proposal, from_content
from seasons.terms import Terms
from warehouse import ledger, log
from warehouse import proposals as store
from warehouse.cases import involved_owners, moves_count, standing_verdicts
from warehouse.connection import Connection
from warehouse.errors import LedgerError, ProposalError
from warehouse.ledger import StoredBatch
from warehouse.proposals import StoredProposal
from warehouse.recording import OWED_SCHEMA, store_owed


@dataclass(frozen=True)
class Effect:
    """What a proposal does.

    Attributes:
        proposal: What is proposed.
        by_hand: The entries, and what is owed.
        use: Of its budget.
        strangers: Owners who get something and have no entry in the ledger yet: new, or misspelt.
            Not asked again for a batch that is there.
        moves: Number of moves of cases that it is decided with.
    """

    proposal: Proposal
    by_hand: ByHand
    use: BudgetUse
    strangers: tuple[str, ...]
    moves: int


def assess(connection: Connection, terms: Terms, proposal: Proposal) -> Effect:
    """Return what a proposal does now.

    Raises:
        ProposalError: Its week is not issued, or its budget is unknown or too small.
    """
    season, week = proposal.season, proposal.week
    if week and ledger.find_batch(connection, season, week, "issue") is None:
        raise ProposalError(
            f"{proposal.origin!r} is not issued yet, so there is nothing to adjust; events that "
            "are ingested before its books close count by themselves"
        )
    limit = _declared(terms, proposal.budget)
    before = store.left_budget(connection, season, proposal.budget)
    standing = standing_verdicts(connection)
    by_hand = _decide(connection, proposal, involved_owners(connection), standing)
    use = BudgetUse(proposal.budget, limit, before, by_hand.given, by_hand.taken)
    require_within(use)
    owners = proposal.lines.filter(pl.col("micropoints") > 0)["owner_id"].to_list()
    strangers = store.strangers(connection, owners)
    return Effect(proposal, by_hand, use, strangers, moves_count(connection))


def carry_out(place: Place, pending: StoredProposal, effect: Effect, by: str) -> str:
    """Write the batch, the approval and what is owed; return the batch's id.

    Args:
        place: Where, and when.
        pending: What is approved.
        effect: What it does now.
        by: The second person.
    """
    done = replace(pending, outcome="approved", ended_by=by, ended_at=place.now)
    draft = Draft(
        season=pending.season,
        week=pending.week,
        kind=pending.kind,
        key=pending.name,
        entries=effect.by_hand.entries,
        moves=effect.moves,
        inputs={
            "approval_sha256": approval_sha256(done),
            "budget": effect.use.name,
            "limit_micropoints": str(effect.use.limit),
            "owed_sha256": owed_sha256(effect.by_hand.owed),
        },
    )
    batch = write_batch(place.connection, place.home, place.keys, draft, place.now).batch
    end = replace(done, batch_id=batch.batch_id)
    store.store_end(place.connection, end)
    if not effect.by_hand.owed.is_empty():
        owed = _owed_rows(effect, batch.batch_id)
        store_owed(place.connection, owed, place.now)
    return batch.batch_id


def effect_of(connection: Connection, stored: StoredBatch, involved: pl.DataFrame) -> Effect:
    """Return what a batch by hand did, recomputed from its proposal and the ledger before it.

    Args:
        connection: The warehouse.
        stored: The batch, adjust or drop.
        involved: Involved owners as of the batch (`warehouse.cases.involved_owners`).

    Raises:
        ProposalError: No proposal was approved for it, or it is not what was stored.
        LedgerError: The log does not say which budget it was from.
    """
    approved = approved_proposal(connection, stored.batch.batch_id)
    proposal = proposal_of(connection, approved)
    leaf = stored.leaf_index
    verdicts = standing_verdicts(connection, moves=stored.moves)
    by_hand = _decide(connection, proposal, involved, verdicts, before_leaf=leaf)
    before = store.left_budget(connection, proposal.season, proposal.budget, before_leaf=leaf)
    limit = limit_in_force(connection, stored)
    use = BudgetUse(proposal.budget, limit, before, by_hand.given, by_hand.taken)
    return Effect(proposal, by_hand, use, (), stored.moves)


def limit_in_force(connection: Connection, stored: StoredBatch) -> int:
    """Return what the budget of a batch was declared to be, in micropoints, as the log fixed it.

    Raises:
        LedgerError: The batch's leaf does not say.
    """
    inputs = log.bodies(connection).get(stored.leaf_index, {}).get("inputs", {})
    said = str(inputs.get("limit_micropoints"))
    if not said.isdecimal():
        raise LedgerError(f"leaf {stored.leaf_index} of the log names no limit of a budget")
    return int(said)


def approved_proposal(connection: Connection, batch_id: str) -> StoredProposal:
    """Return the proposal that a batch carried out.

    Raises:
        ProposalError: There is none, or more than one.
    """
    found = store.load_proposals(connection, batch_id=batch_id)
    if len(found) != 1:
        raise ProposalError(f"batch {batch_id!r} has {len(found)} approved proposals, not one")
    return found[0]


def proposal_of(connection: Connection, stored: StoredProposal) -> Proposal:
    """Return what a stored proposal proposes.

    Raises:
        ProposalError: Its lines are not those of its content, or that has another digest.
    """
    proposal = from_content(stored.content, store.load_lines(connection, stored.number))
    if proposal.content_sha256 != stored.content_sha256:
        raise ProposalError(f"what is stored as {stored.name!r} does not hash to its digest")
    return proposal


def approval_sha256(approved: StoredProposal) -> str:
    """Return the digest of who proposed what, who approved it, and when."""
    said = {
        "proposal": approved.number,
        "content_sha256": approved.content_sha256,
        "proposed_by": approved.proposed_by,
        "proposed_at": approved.proposed_at.isoformat(),
        "approved_by": approved.ended_by,
        "approved_at": None if approved.ended_at is None else approved.ended_at.isoformat(),
    }
    return sha256(canonical_json(said).encode()).hexdigest()


def owed_sha256(owed: pl.DataFrame) -> str:
    """Return the digest of what a batch left owed: owner TAB micropoints LF, sorted by owner."""
    lines = owed.sort("owner_id").select(
        pl.concat_str("owner_id", pl.col("micropoints").cast(pl.String), separator="\t")
    )
    return lines_sha256(lines.to_series())


def _declared(terms: Terms, name: str) -> int:
    limits = {budget.name: budget.micropoints for budget in terms.budgets}
    if name not in limits:
        raise ProposalError(
            f"season {terms.season} declares no budget {name!r} (declared: "
            f"{', '.join(limits) or 'none'}); add a table [[budget]] to the season file"
        )
    return limits[name]


def _decide(
    connection: Connection,
    proposal: Proposal,
    involved: pl.DataFrame,
    verdicts: pl.DataFrame,
    *,
    before_leaf: int | None = None,
) -> ByHand:
    week = proposal.season, proposal.week
    lines = ledger.lines(connection, before_leaf=before_leaf, week=week)
    waiting = waiting_owners(proposal, involved, lines, verdicts)
    if proposal.kind == "drop":
        return decide_drop(proposal, waiting)
    asked_back = proposal.lines.filter(pl.col("micropoints") < 0)["owner_id"].to_list()
    balances = store.balances_of_owners(
        connection, proposal.season, proposal.week, asked_back, before_leaf=before_leaf
    )
    return decide_adjustment(proposal, balances, waiting)


def _owed_rows(effect: Effect, batch_id: str) -> pl.DataFrame:
    rows = effect.by_hand.owed.with_columns(
        direction=pl.lit("by_owner"),
        season=pl.lit(effect.proposal.season),
        week=pl.lit(effect.proposal.week),
        cause=pl.lit(batch_id),
    )
    return rows.select(pl.col(name).cast(of) for name, of in OWED_SCHEMA.items())
