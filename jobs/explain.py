"""Lays a case out for a moderator: what was observed, and what speaks against it."""

from detection.explain import Explanation, explain
from jobs.detection_files import load_detection_terms
from warehouse.cases import CaseFile, load_case
from warehouse.connection import warehouse
from warehouse.evidence import evidence_files, load_accounts, load_norms
from warehouse.home import Home


def explain_case(home: Home, case_id: str) -> tuple[CaseFile, Explanation]:
    """Return a case and how a moderator reads it.

    Ages and what is usual are told as of the detection that last added to it, not as of the clock:
    a backfill finds in an hour what happened over a year.

    Raises:
        CaseError: There is no such case.
        DetectionError: The detection terms are malformed.
    """
    terms = load_detection_terms(home)
    with warehouse(home, read_only=True) as connection:
        case = load_case(connection, case_id)
        files = evidence_files(connection)
    accounts = load_accounts(home, files, until=case.as_of).join(
        case.members, on="account_id", how="semi"
    )
    norms = load_norms(home, files, until=case.as_of)
    return case, explain(case.evidence, accounts, norms, terms, case.as_of)
