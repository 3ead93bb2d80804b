"""Checks points by hand: each batch has its proposal, two people, a budget, and what is owed."""

from collections.abc import Iterator, Mapping
from typing import Any

from jobs.by_hand import approval_sha256, approved_proposal, owed_sha256, proposal_of
from jobs.proposals import KINDS
from seasons.drops import BudgetUse
from seasons.moderation import same_person
from warehouse import ledger, log
from warehouse import proposals as store
from warehouse.connection import Connection
from warehouse.errors import ProposalError
from warehouse.home import Home
from warehouse.ledger import StoredBatch
from warehouse.proposals import APPROVED, StoredProposal

Found = Iterator[tuple[str, str]]


def check_proposals(_: Home, connection: Connection) -> Found:
    """Every batch by hand is what two people agreed to, and every budget and memo is right."""
    bodies = log.bodies(connection)
    inputs = {
        stored.batch.batch_id: bodies.get(stored.leaf_index, {}).get("inputs", {})
        for stored in ledger.batches(connection)
    }
    for stored in ledger.batches(connection):
        if stored.batch.kind in KINDS:
            yield from _wrong_with_batch(connection, stored, inputs[stored.batch.batch_id])
    for proposal in store.load_proposals(connection):
        if proposal.outcome == APPROVED and proposal.batch_id not in inputs:
            yield proposal.name, f"it was approved, and its batch {proposal.batch_id!r} is missing"
    yield from _wrong_with_budgets(connection, inputs)
    for owner, season, week, cause in store.owed_for_nothing(connection).iter_rows():
        yield f"S{season}W{week:02d}", f"what {owner!r} is noted with has no cause {cause!r}"


def _wrong_with_batch(
    connection: Connection, stored: StoredBatch, inputs: Mapping[str, Any]
) -> Found:
    name = stored.batch.batch_id
    try:
        approved = approved_proposal(connection, name)
        proposal = proposal_of(connection, approved)
    except (ProposalError, ValueError, KeyError, TypeError) as error:
        reason = str(error) if isinstance(error, ProposalError) else "what it says cannot be read"
        yield name, reason
        return
    batch = stored.batch
    written = (batch.kind, batch.season, batch.week, batch.key)
    if written != (proposal.kind, proposal.season, proposal.week, proposal.name):
        yield name, "it is not of the kind, week and name that were proposed"
    yield from _wrong_with_approval(name, approved, inputs)
    owed = owed_sha256(store.owed_by_batch(connection, name))
    if inputs.get("owed_sha256") != owed:
        yield name, "what is owed because of it is not what the log says"
    if inputs.get("budget") != proposal.budget:
        yield name, f"its budget is {proposal.budget!r}, the log says {inputs.get('budget')!r}"


def _wrong_with_approval(name: str, approved: StoredProposal, inputs: Mapping[str, Any]) -> Found:
    if approved.outcome != APPROVED or inputs.get("approval_sha256") != approval_sha256(approved):
        yield name, "its approval is not the one in the log"
    if same_person(approved.proposed_by, approved.ended_by or ""):
        yield name, "the same person proposed and approved it"


def _wrong_with_budgets(connection: Connection, inputs: Mapping[str, Mapping[str, Any]]) -> Found:
    """Yield budgets that gave more than was declared when they gave it, or not by hand."""
    for batch_id, kind, budget, given, taken, before in store.budget_uses(connection).iter_rows():
        said = str(inputs[batch_id].get("limit_micropoints"))
        if kind not in KINDS or inputs[batch_id].get("budget") != budget:
            yield batch_id, f"it moves the budget {budget!r} and does not say so in the log"
        elif not said.isdecimal():
            yield batch_id, f"the log does not say what the budget {budget!r} was declared to be"
        elif not BudgetUse(budget, int(said), before, given, taken).is_kept:
            yield batch_id, f"more left the budget {budget!r} than the {said} micropoints declared"
