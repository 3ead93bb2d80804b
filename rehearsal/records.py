"""What is kept of a played synthetic season: everything that a report is made from.

Points are micropoints and money is micro-USD, both Int64. Weeks are numbers from 1. Every frame is
sorted by its first columns, so that the same seed gives the same frames.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import polars as pl

TRUTH: Final = pl.Schema(
    {
        "account_id": pl.String,
        "operator_id": pl.String,
        "group_id": pl.String,
        "pattern": pl.String,
        "level": pl.String,
        "lookalike_class": pl.String,
        "farm": pl.Boolean,
        "targeted": pl.Boolean,
    }
)
OWNERS: Final = pl.Schema({"account_id": pl.String, "owner_id": pl.String})
CASES: Final = pl.Schema(
    {
        "case_id": pl.String(),
        "opened_week": pl.Int32(),
        "owners": pl.List(pl.String()),
        "verdict": pl.String(),
        "right_verdict": pl.String(),
    }
)
ROUTES: Final = pl.Schema({"case_id": pl.String, "route": pl.String})
REVIEWS: Final = pl.Schema(
    {
        "week": pl.Int32(),
        "queue_rank": pl.Int32(),
        "case_id": pl.String(),
        "right_verdict": pl.String(),
        "verdict": pl.String(),
    }
)
FLAGS: Final = pl.Schema({"owner_id": pl.String, "case_id": pl.String, "week": pl.Int32})
CONFIRMED: Final = pl.Schema({"owner_id": pl.String, "case_id": pl.String})
ISSUED: Final = pl.Schema(
    {"owner_id": pl.String, "week": pl.Int32, "own": pl.Int64, "held": pl.Int64}
)
LEDGER: Final = pl.Schema(
    {
        "owner_id": pl.String,
        "week": pl.Int32,
        "own": pl.Int64,
        "held": pl.Int64,
        "escrowed": pl.Int64,
        "redistributed": pl.Int64,
        "seized": pl.Int64,
        "restored": pl.Int64,
    }
)
HOLDS: Final = pl.Schema(
    {
        "owner_id": pl.String,
        "week": pl.Int32,
        "place": pl.String,
        "micropoints": pl.Int64,
        "from_us": pl.Int64,
        "until_us": pl.Int64,
    }
)
FEES: Final = pl.Schema(
    {
        "account_id": pl.String,
        "week": pl.Int32,
        "paid_usd": pl.Int64,
        "referral_usd": pl.Int64,
        "volume_usd": pl.Int64,
    }
)
APPEALS: Final = pl.Schema({"case_id": pl.String, "owner_id": pl.String, "upheld": pl.Boolean})
REDISTRIBUTED: Final = pl.Schema({"week": pl.Int32, "owner_id": pl.String, "micropoints": pl.Int64})
SPLITTING: Final = pl.Schema(
    {
        "week": pl.Int32,
        "operator_id": pl.String,
        "owners": pl.Int32,
        "together": pl.Int64,
        "alone": pl.Int64,
    }
)

SCHEMAS: Final[Mapping[str, pl.Schema]] = MappingProxyType(
    {
        "truth": TRUTH,
        "owners": OWNERS,
        "cases": CASES,
        "routes": ROUTES,
        "reviews": REVIEWS,
        "flags": FLAGS,
        "confirmed": CONFIRMED,
        "issued": ISSUED,
        "ledger": LEDGER,
        "holds": HOLDS,
        "fees": FEES,
        "appeals": APPEALS,
        "redistributed": REDISTRIBUTED,
        "splitting": SPLITTING,
    }
)


@dataclass(frozen=True, eq=False)
class Played:
    """One synthetic season, played to the end of its last appeal.

    Attributes:
        seed: Of the simulator; keys, formulas and the moderators' errors follow from it as well.
        accounts: In the plan.
        weeks: Played.
        review_budget: Cases that moderators take up a week, at most.
        error_bps: How often a moderator decides against the stated rule, in basis points.
        truth: One row an account: whose it is and what it is planted as (synthetic truth, which
            neither detection nor the policy sees). `lookalike_class` is null unless it is an
            innocent look-alike; `targeted` is an innocent that an attacker tried to tie to a farm.
        owners: One row an account that the exchange told of: its owner.
        cases: One row a case, with its owners as at the end. `verdict` is 'confirm' or 'dismiss',
            as the moderators decided last, null where nobody came to it; `right_verdict` is what
            the stated rule says without any error.
        routes: How each case came before a moderator, one row a case and route: `graph`, `model`,
            `novelty`.
        reviews: One row a case and week of review, `queue_rank` from 1: a dismissed case that new
            evidence reopened is reviewed again. `right_verdict` is of the owners it had then.
        flags: The first week in which a detection had an owner in a case, one row an owner and
            case.
        confirmed: Verdicts that stand at the end, appeals counted: owners whom a case confirms.
        issued: At the issue: what became the owner's own, and what was held.
        ledger: At the end, by week of origin. `seized` is all that decisions took, reached back
            for included; `restored` what of it went back; `escrowed` what still lies aside of it,
            and what is missing then was spread over others. `redistributed` came from others and
            is part of `own`.
        holds: One row a stretch of time in which an amount lay 'held' or in 'escrow' for an
            owner: the amount times the stretch adds up to points-days. What lies still when the
            play ends is counted until then.
        fees: Maker and taker fees net of rebates, what was received for referees, and what was
            traded on either side; busted fills do not count.
        appeals: Answered ones.
        redistributed: What settling spread; without owner it went to the reserve.
        splitting: One row a week and farm operator at least two of whose `owners` were issued
            points that week: how many, what its accounts were issued together, and what it would
            have been issued with one account, all operators merged at once.
        seconds: (step, seconds) in the order of the first run of each step; differs between runs.
        findings: What verifying found wrong; empty means every point is accounted for.
        replayed: Weeks that were recomputed from their events, to the byte.
    """

    seed: int
    accounts: int
    weeks: int
    review_budget: int
    error_bps: int
    truth: pl.DataFrame
    owners: pl.DataFrame
    cases: pl.DataFrame
    routes: pl.DataFrame
    reviews: pl.DataFrame
    flags: pl.DataFrame
    confirmed: pl.DataFrame
    issued: pl.DataFrame
    ledger: pl.DataFrame
    holds: pl.DataFrame
    fees: pl.DataFrame
    appeals: pl.DataFrame
    redistributed: pl.DataFrame
    splitting: pl.DataFrame
    seconds: tuple[tuple[str, float], ...]
    findings: tuple[str, ...] = ()
    replayed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, schema in SCHEMAS.items():
            found = getattr(self, name).schema
            if found != schema:
                raise ValueError(f"{name!r} of a played season has {found}, not {schema}")
