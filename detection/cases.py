"""Which clusters open a case, which cases gain something, which dismissed ones are looked at again.

Decides only; `warehouse.detections.store_detection` carries it out. A case opens for a moderator's
eyes; nothing here says what it means.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import polars as pl

from detection.chains import chain_owners, follow_chains, new_evidence, waiting_owners
from detection.signals.evidence import EDGE_KEY
from warehouse.findings import EDGES_SCHEMA, CaseBook, CaseChange, Detection
from warehouse.moves import UNDECIDED

_OWNERS: Final = ("owner_a", "owner_b")
_SETTLED: Final = ("settled_a", "settled_b")


@dataclass(frozen=True)
class _Found:
    """What the newest detection holds of the chains that there are already.

    Attributes:
        clusters: cluster_id, score and the columns of `follow_chains`.
        members: cluster_id, account_id, owner_id, root, case_id.
        evidence: What is new: cluster_id, root, `EDGES_SCHEMA`, settled_a, settled_b.
    """

    clusters: pl.DataFrame
    members: pl.DataFrame
    evidence: pl.DataFrame


def decide_cases(
    detection: Detection, flagged: pl.DataFrame, book: CaseBook, as_of: datetime
) -> tuple[CaseChange, ...]:
    """Decide what the newest clusters mean for cases.

    1. A cluster with flagged owners belongs to the chain of cases with which it shares most owners
       (see `follow_chains`); one that belongs to none opens a case.
    2. An undecided case gains accounts and evidence that it did not have.
    3. A dismissed case is reopened by new two-sided evidence about its owners alone: nobody can
       bring a settled case back by sending dust.
    4. A decided or final case stays as it was decided. New two-sided evidence (`new_evidence`)
       opens a case that follows it, with the owners that the evidence touches, save those who wait
       for what is decided of them already. It also holds what is new between them and others.
    5. An owner that any case knows comes into another one by new two-sided evidence alone.

    Args:
        detection: The newest detection.
        flagged: cluster_id, owner_id: who comes before a moderator, see `detection.routes`; nobody
            else of a cluster has a part in its case.
        book: The cases that there are.
        as_of: The instant of the detection, aware; part of a new case's id.

    Returns:
        One change a case, sorted by case id; empty where nothing is new.
    """
    clusters = detection.clusters.join(flagged, on="cluster_id", how="semi")
    members = detection.members.join(flagged, on=["cluster_id", "owner_id"], how="semi")
    evidence = evidence_inside(detection.edges, members)
    followed = follow_chains(members, book)
    link = followed.select("cluster_id", "root", "case_id")
    found = _Found(
        clusters.select("cluster_id", "score").join(followed, on="cluster_id"),
        members.join(link, on="cluster_id"),
        new_evidence(evidence.join(link.drop("case_id"), on="cluster_id"), book),
    )
    unknown = clusters.join(followed, on="cluster_id", how="anti")
    changes = [*_openings(unknown, members, evidence, as_of), *_growth(found, book, as_of)]
    return tuple(sorted(changes, key=lambda change: change.case_id))


def evidence_inside(edges: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Return the edges between owners of one cluster: cluster_id and `EDGES_SCHEMA`."""
    owners = members.select("cluster_id", "owner_id").unique()
    return (
        edges.join(owners, left_on="owner_a", right_on="owner_id")
        .join(owners, left_on=["owner_b", "cluster_id"], right_on=["owner_id", "cluster_id"])
        .select("cluster_id", *EDGES_SCHEMA.names())
        .sort("cluster_id", *EDGE_KEY)
    )


def _openings(
    clusters: pl.DataFrame, members: pl.DataFrame, evidence: pl.DataFrame, as_of: datetime
) -> Iterator[CaseChange]:
    """Open a case for each cluster that belongs to no chain."""
    members_of = _parts(members.join(clusters, on="cluster_id", how="semi"), "cluster_id")
    evidence_of = _parts(evidence.join(clusters, on="cluster_id", how="semi"), "cluster_id")
    for cluster_id, families, score in clusters.select(
        "cluster_id", "families", "score"
    ).iter_rows():
        accounts = members_of[cluster_id].select("account_id", "owner_id")
        owners = accounts["owner_id"].n_unique()
        yield CaseChange(
            case_id=_case_id([cluster_id, as_of.isoformat(), *accounts["account_id"]]),
            cluster_id=cluster_id,
            move="opened",
            score=score,
            reason=f"{owners} owners share evidence of {_listed(families)}",
            members=accounts,
            evidence=evidence_of[cluster_id].select(EDGES_SCHEMA.names()),
        )


def _growth(found: _Found, book: CaseBook, as_of: datetime) -> Iterator[CaseChange]:
    """Extend, reopen or follow up each chain to which its clusters bring something new."""
    entering = _entering(found, book)
    members = _new_members(found, entering, book)
    evidence = _taken(found, entering)
    members_of, evidence_of = _parts(members, "root"), _parts(evidence, "root")
    news_of = {str(news["root"]): news for news in _news(entering, evidence, book)}
    for chain in _leading(found.clusters, [members, evidence]).iter_rows(named=True):
        news = news_of[chain["root"]]
        accounts = members_of.get(chain["root"], members.clear()).select("account_id", "owner_id")
        seen = evidence_of.get(chain["root"], evidence.clear()).select(EDGES_SCHEMA.names())
        strong = int(seen["two_sided"].sum())
        if not strong and (news["move"] != "gained" or accounts.is_empty()):
            continue
        opens, cluster_id = news["move"] == "opened", chain["cluster_id"]
        named = [chain["last"], cluster_id, as_of.isoformat(), *accounts["account_id"]]
        yield CaseChange(
            case_id=_case_id(named) if opens else chain["case_id"],
            cluster_id=cluster_id,
            move=news["move"],
            score=chain["score"],
            reason=_said_of_follow_up(chain, news) if opens else _said_of_growth(accounts, seen),
            members=accounts,
            evidence=seen,
            follows=chain["last"] if opens else None,
        )


def _entering(found: _Found, book: CaseBook) -> pl.DataFrame:
    """Return whom new findings concern, and by which move.

    An undecided case, and one that is reopened, has its own owners and takes in who is new to every
    case. Anybody else has to be touched by new two-sided evidence.

    Returns:
        root, cluster_id, owner_id, move, inside (in the case that tells already), seen_again (by
        evidence between settled owners).
    """
    strong = found.evidence.filter("two_sided").with_columns(
        seen_again=pl.col("settled_a").is_not_null()
    )
    touched = (
        pl.concat([strong.select("root", "seen_again", owner_id=end) for end in _OWNERS])
        .group_by("root", "owner_id")
        .agg(pl.col("seen_again").any())
        .with_columns(touched=pl.lit(value=True))
    )
    owners = found.members.select("root", "case_id", "cluster_id", "owner_id").unique()
    owners = owners.join(touched, on=["root", "owner_id"], how="left").join(
        found.clusters.select("cluster_id", "state"), on="cluster_id"
    )
    for name, table, key in (
        ("inside", book.members, ["case_id", "owner_id"]),
        ("known", book.members, ["owner_id"]),
        ("waiting", waiting_owners(book), ["owner_id"]),
    ):
        marked = table.select(key).unique().with_columns(pl.lit(value=True).alias(name))
        owners = owners.join(marked, on=key, how="left")
    flags = ("touched", "seen_again", "inside", "known", "waiting")
    owners = owners.with_columns(pl.col(flags).fill_null(value=False)).with_columns(_move())
    brought = pl.col("touched") & ~pl.col("waiting")
    return owners.filter(
        pl.when(pl.col("move") == "opened")
        .then(brought)
        .otherwise(brought | pl.col("inside") | ~pl.col("known"))
    ).select("root", "cluster_id", "owner_id", "move", "inside", "seen_again")


def _move() -> pl.Expr:
    """Return the move of each chain; new evidence beside a dismissed case doesn't reopen it."""
    about_its_owners = (pl.col("touched") & pl.col("inside")).any().over("root")
    return (
        pl.when(pl.col("state").is_in(UNDECIDED))
        .then(pl.lit("gained"))
        .when((pl.col("state") == "dismissed") & about_its_owners)
        .then(pl.lit("reopened"))
        .otherwise(pl.lit("opened"))
        .alias("move")
    )


def _new_members(found: _Found, entering: pl.DataFrame, book: CaseBook) -> pl.DataFrame:
    """Return root, cluster_id, account_id, owner_id of what each case gains or opens with."""
    accounts = found.members.join(
        entering.select("cluster_id", "owner_id", "move"), on=["cluster_id", "owner_id"]
    )
    # An account that passed to another owner brings that owner into the case as well.
    grown = accounts.filter(pl.col("move") != "opened").join(
        book.members, on=["case_id", "account_id", "owner_id"], how="anti"
    )
    return (
        pl.concat([accounts.filter(pl.col("move") == "opened"), grown])
        .select("root", "cluster_id", "account_id", "owner_id")
        .sort("root", "account_id", "owner_id")
    )


def _taken(found: _Found, entering: pl.DataFrame) -> pl.DataFrame:
    """Return the new evidence that touches an owner of the case, strong or weak."""
    entered = entering.select("root", "owner_id", entered=pl.lit(value=True))
    of_a = entered.rename({"owner_id": "owner_a", "entered": "a_entered"})
    of_b = entered.rename({"owner_id": "owner_b", "entered": "b_entered"})
    return (
        found.evidence.join(of_a, on=["root", "owner_a"], how="left")
        .join(of_b, on=["root", "owner_b"], how="left")
        .filter(pl.any_horizontal("a_entered", "b_entered"))
        .sort("root", *EDGE_KEY)
    )


def _leading(clusters: pl.DataFrame, news: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return one row a chain to which something is new: the cluster that leads there."""
    bringing = pl.concat([table.select("cluster_id") for table in news])
    return (
        clusters.join(bringing, on="cluster_id", how="semi")
        .sort(
            "root", pl.col("case_cluster") != pl.col("cluster_id"), -pl.col("score"), "cluster_id"
        )
        .unique("root", keep="first", maintain_order=True)
    )


def _news(
    entering: pl.DataFrame, evidence: pl.DataFrame, book: CaseBook
) -> Iterator[Mapping[str, Any]]:
    """Count for each chain what a follow-up would be about.

    Yields:
        root, move, before (owners of the chain so far), more (owners who are new to it), again
        (owners seen after their case became final), other (owners of it with other new evidence),
        finals (those cases, sorted).
    """
    before = chain_owners(book)
    seen = evidence.filter("two_sided")
    finals = (
        pl.concat([seen.select("root", final=end) for end in _SETTLED])
        .drop_nulls()
        .group_by("root")
        .agg(pl.col("final").unique().sort().alias("finals"))
    )
    known = before.with_columns(known=pl.lit(value=True))
    counts = (
        entering.join(known, on=["root", "owner_id"], how="left")
        .with_columns(pl.col("known").fill_null(value=False))
        .group_by("root", "move")
        .agg(
            more=(~pl.col("known")).sum(),
            again=(pl.col("known") & pl.col("seen_again")).sum(),
            other=(pl.col("known") & ~pl.col("seen_again")).sum(),
        )
    )
    sizes = before.group_by("root").agg(pl.len().alias("before"))
    return counts.join(sizes, on="root").join(finals, on="root", how="left").iter_rows(named=True)


def _said_of_growth(accounts: pl.DataFrame, seen: pl.DataFrame) -> str:
    return (
        f"{_counted(accounts.height, 'more account')}, "
        f"{_counted(seen.height, 'new piece')} of evidence, "
        f"{int(seen['two_sided'].sum())} of them two-sided"
    )


def _said_of_follow_up(chain: Mapping[str, Any], news: Mapping[str, Any]) -> str:
    """Say what is new and beside whom."""
    group = chain["root"] + (" and the cases after it" if chain["cases"] > 1 else "")
    said = []
    if news["more"]:
        said.append(
            f"{_counted(news['more'], 'more owner')} beside the {news['before']} of {group}"
        )
    if news["other"]:
        said.append(f"new evidence of {_counted(news['other'], 'owner')} of {group}")
    if news["again"]:
        said.append(
            f"evidence of {_counted(news['again'], 'owner')} was seen again "
            f"after {_listed(news['finals'])} became final"
        )
    return "; ".join(said)


def _parts(table: pl.DataFrame, key: str) -> Mapping[str, pl.DataFrame]:
    return {str(value): part for (value,), part in table.group_by(key, maintain_order=True)}


def _case_id(parts: Sequence[str]) -> str:
    return "C-" + sha256("\n".join(parts).encode()).hexdigest()[:12]


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
