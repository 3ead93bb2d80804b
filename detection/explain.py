"""A case as a moderator reads it: what was observed, how rare it is, and what speaks against it.

It says what was seen and never what anybody did.
"""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from detection.counter_evidence import counter_evidence, innocent
from detection.fusion import FAMILIES, fuse
from detection.observations import Observed, in_order_of_reading, observe
from detection.terms import DetectionTerms
from detection.wording import KIND_OF, MUST_BE_FALSE
from warehouse.circumstances import Circumstances


@dataclass(frozen=True)
class FamilyBar:
    """One bar of the waterfall.

    Attributes:
        family: Which family.
        kind: place, money, orders or arrival.
        millibits: What it adds, per owner beyond the first; the bars add up to the case's evidence.
        pairs: Pairs of owners with evidence of it.
        edges: Pieces of evidence.
        two_sided: How many of them are two-sided.
    """

    family: str
    kind: str
    millibits: int
    pairs: int
    edges: int
    two_sided: int


@dataclass(frozen=True)
class Strength:
    """How firmly an owner belongs to the case.

    Attributes:
        owner_id: Who.
        millibits: The mean weight of its linked pairs to all other owners of the case.
        linked: To how many of them it is linked.
    """

    owner_id: str
    millibits: int
    linked: int


@dataclass(frozen=True)
class Explanation:
    """What a moderator reads about a case.

    Attributes:
        bars: One a family, in the order of `FAMILIES`; families without evidence are left out.
        millibits: Sum of the bars.
        observed: All that was observed, one a shared value or pair, what adds most first.
        observations: The same in sentences: the strongest of each family first, then whether the
            accounts were opened together, then the rest, what adds most first.
        counter_evidence: What speaks against one operator, one sentence each; may be empty.
        innocent: The nearest innocent explanation.
        must_be_false: What would have to be false for the evidence to mean one operator.
        strengths: One an owner of the case, the firmest first.
    """

    bars: tuple[FamilyBar, ...]
    millibits: int
    observed: tuple[Observed, ...]
    observations: tuple[str, ...]
    counter_evidence: tuple[str, ...]
    innocent: str
    must_be_false: tuple[str, ...]
    strengths: tuple[Strength, ...]


def explain(
    evidence: pl.DataFrame,
    accounts: pl.DataFrame,
    norms: pl.DataFrame,
    terms: DetectionTerms,
    as_of: datetime,
    known: Circumstances | None = None,
) -> Explanation:
    """Explain a case from its stored evidence.

    Args:
        evidence: `EDGES_SCHEMA`, the evidence of the case as it was seen.
        accounts: `ACCOUNTS_SCHEMA`, the accounts of the case.
        norms: signal, median_holders: how many owners hold the median value of a signal.
        terms: Clips of the families.
        as_of: The instant from which tenure is counted, aware.
        known: What else is known of the owners; None where nothing is.
    """
    beside = known or Circumstances()
    owners = accounts["owner_id"].unique()
    bars = waterfall(evidence, len(owners), terms)
    observed = observe(evidence, norms)
    return Explanation(
        bars=bars,
        millibits=sum(bar.millibits for bar in bars),
        observed=observed,
        observations=in_order_of_reading(observed, accounts),
        counter_evidence=counter_evidence(evidence, accounts, beside, as_of),
        innocent=innocent(evidence, accounts, beside),
        must_be_false=tuple(MUST_BE_FALSE[bar.family] for bar in bars),
        strengths=strengths(evidence, owners, terms),
    )


def waterfall(evidence: pl.DataFrame, owners: int, terms: DetectionTerms) -> tuple[FamilyBar, ...]:
    """Return what each family adds to the evidence of a case, per owner beyond the first."""
    pairs = fuse(evidence, terms)
    bars = []
    for family in FAMILIES:
        mine = evidence.filter(pl.col("family") == family)
        if mine.height:
            weight = pairs[f"{family}_millibits"]
            bars.append(
                FamilyBar(
                    family,
                    KIND_OF[family],
                    int(weight.sum()) // max(1, owners - 1),
                    int((weight > 0).sum()),
                    mine.height,
                    int(mine["two_sided"].sum()),
                )
            )
    return tuple(bars)


def strengths(
    evidence: pl.DataFrame, owners: pl.Series, terms: DetectionTerms
) -> tuple[Strength, ...]:
    """Return how firmly each owner belongs to the case, the firmest first.

    Args:
        evidence: `EDGES_SCHEMA`.
        owners: owner_id of everybody in the case.
        terms: Clips of the families, and which pairs are linked.
    """
    pairs = fuse(evidence, terms).filter("kept").select("owner_a", "owner_b", "weight_millibits")
    ends = pl.concat(
        [pairs.select("weight_millibits", owner_id=end) for end in ("owner_a", "owner_b")]
    )
    held = ends.group_by("owner_id").agg(
        (pl.col("weight_millibits").sum() // max(1, len(owners) - 1)).alias("millibits"),
        pl.len().alias("linked"),
    )
    everybody = owners.alias("owner_id").to_frame().join(held, on="owner_id", how="left")
    rows = everybody.with_columns(pl.col("millibits", "linked").fill_null(0)).sort(
        "millibits", "owner_id", descending=[True, False]
    )
    return tuple(Strength(*row) for row in rows.select("owner_id", "millibits", "linked").rows())
