"""Leads and models in a rehearsal, a week at a time.

Four days after the queue Anna looks at the leads: she opens a case where the stated rule says that
a cluster is mostly one operator, puts aside what is not, and is wrong as often as ever. Then the
model that was trained a week ago, and asked by one detection since, is let rule unless it is known
to be worse than the one that rules; and a new one is trained on all that was decided.
"""

from datetime import datetime, timedelta
from typing import Final

import polars as pl

from jobs.decide import Verdict
from jobs.leads import dismiss, known_leads
from jobs.models import all_models, rule
from jobs.opening import Opening, open_by_hand
from jobs.train import train
from rehearsal.enforcing import AFTER_ISSUE
from rehearsal.moderators import FIRST, Moderators, right_verdicts, seen
from warehouse.errors import CaseError, DetectionError
from warehouse.leads import CLUSTER, DISMISSED, WAITING, LeadMove
from warehouse.models import RULING, SHADOW, ModelMove
from warehouse.records import Week

AFTER_QUEUE: Final = timedelta(days=4)


def learn(moderators: Moderators, truth: pl.DataFrame, owners: pl.DataFrame, week: Week) -> str:
    """Look at the leads, let a model rule that was shadowed, and train another.

    Args:
        moderators: Who look.
        truth: `rehearsal.records.TRUTH`, of everybody so far.
        owners: `rehearsal.records.OWNERS`, of everybody so far.
        week: The week that was just issued.

    Returns:
        What was done, in a sentence.
    """
    now = week.issue_at + AFTER_ISSUE + AFTER_QUEUE
    opened = _look_at_leads(moderators, truth, owners, now)
    ruling = _let_rule(moderators, now)
    try:
        trained = f"{train(moderators.home, moderators.keys, now).model.model_id} trained"
    except DetectionError as error:
        trained = str(error).partition(";")[0]
    return f"{opened} cases opened from leads; {ruling or 'no model'} rules; {trained}"


def _look_at_leads(
    moderators: Moderators, truth: pl.DataFrame, owners: pl.DataFrame, now: datetime
) -> int:
    leads = known_leads(moderators.home, WAITING)
    whom = (
        leads.select("owners", case_id="lead_id").explode("owners").rename({"owners": "owner_id"})
    )
    rights = right_verdicts(whom.join(owners, on="owner_id"), truth)
    opened = 0
    for lead_id, kind in leads.select("lead_id", "kind").iter_rows():
        view = seen(rights[lead_id], errs=moderators.errs(FIRST, lead_id, "lead"))
        if view.verdict is Verdict.DISMISS:
            aside = LeadMove(lead_id, DISMISSED, FIRST, now, view.reason)
            dismiss(moderators.home, moderators.keys, aside)
        elif kind == CLUSTER:
            try:
                opening = Opening(lead_id, FIRST, view.reason)
                open_by_hand(moderators.home, moderators.keys, opening, now)
            except CaseError:  # the cluster is there no more, or a case holds it by now
                continue
            opened += 1
    return opened


def _let_rule(moderators: Moderators, now: datetime) -> str | None:
    """Let the newest shadow rule that was asked, if it may; return which model rules then."""
    models = all_models(moderators.home)
    shadows = [model for model in models if model.state == SHADOW and model.shadowed]
    for model in shadows[:1]:
        try:
            move = ModelMove(model.model_id, 0, RULING, FIRST, now, "shadowed for a week")
            return rule(moderators.home, moderators.keys, move).model
        except DetectionError:  # it is worse than the one that rules
            break
    return next((model.model_id for model in models if model.state == RULING), None)
