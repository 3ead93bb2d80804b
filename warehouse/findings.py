"""The frames that travel between warehouse and detection. Pure records, no query.

Evidence joins owners: the accounts of one owner are merged first, so what one person does with
sub-accounts is never evidence. `account_id` in a sighting is the owner's account that showed it.
"""

from dataclasses import dataclass, field
from functools import partial
from typing import Final

import polars as pl

INSTANT: Final[pl.DataType] = pl.Datetime("us")

ACCOUNTS_SCHEMA: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "owner_id": pl.String(),
        "opened_at": INSTANT,
        "declared_group": pl.String(),
        "kind": pl.String(),
    }
)
SEEN_SCHEMA: Final = pl.Schema(
    {
        "owner_id": pl.String(),
        "account_id": pl.String(),
        "signal": pl.String(),
        "value_hash": pl.String(),
        "first_seen": INSTANT,
        "last_seen": INSTANT,
        "sightings": pl.Int64(),
    }
)
USES_SCHEMA: Final = pl.Schema(
    {"owner_id": pl.String(), "value_hash": pl.String(), "logins_since": pl.Int64()}
)
NETWORKS_SCHEMA: Final = pl.Schema(
    {
        "owner_id": pl.String(),
        "account_id": pl.String(),
        "value_hash": pl.String(),
        "hour": INSTANT,
        "sightings": pl.Int64(),
        "holders": pl.Int32(),
    }
)
DIRECT_SCHEMA: Final = pl.Schema(
    {
        "source_owner": pl.String(),
        "source_account": pl.String(),
        "destination_owner": pl.String(),
        "destination_account": pl.String(),
        "first_seen": INSTANT,
        "last_seen": INSTANT,
        "sightings": pl.Int64(),
    }
)
MEETINGS_SCHEMA: Final = pl.Schema(
    {
        "owner_a": pl.String(),
        "account_a": pl.String(),
        "owner_b": pl.String(),
        "account_b": pl.String(),
        "seconds": pl.Int32(),
        "coincidences": pl.Int64(),
        "expected_millionths": pl.Int64(),
        "bought_by_a": pl.Int64(),
        "begun_by_a": pl.Int64(),
        "same_side": pl.Int64(),
        "open_bps": pl.Int64(),
        "first_seen": INSTANT,
        "last_seen": INSTANT,
    }
)
MATCHES_SCHEMA: Final = pl.Schema(
    {
        "maker_owner": pl.String(),
        "maker_account": pl.String(),
        "taker_owner": pl.String(),
        "taker_account": pl.String(),
        "market": pl.String(),
        "fills": pl.Int64(),
        "expected_millionths": pl.Int64(),
        "bought_cents": pl.Int64(),
        "traded_cents": pl.Int64(),
        "first_seen": INSTANT,
        "last_seen": INSTANT,
    }
)
REPLAYS_SCHEMA: Final = pl.Schema(
    {
        "owner_a": pl.String(),
        "account_a": pl.String(),
        "owner_b": pl.String(),
        "account_b": pl.String(),
        "coincidences": pl.Int64(),
        "weighted_millionths": pl.Int64(),
        "expected_millionths": pl.Int64(),
        "begun_by_a": pl.Int64(),
        "begun_by_b": pl.Int64(),
        "first_seen": INSTANT,
        "last_seen": INSTANT,
    }
)
ECHOES_SCHEMA: Final = pl.Schema(
    {
        "owner_a": pl.String(),
        "account_a": pl.String(),
        "owner_b": pl.String(),
        "account_b": pl.String(),
        "coincidences": pl.Int64(),
        "days": pl.Int64(),
        "expected_millionths": pl.Int64(),
        "lag_us": pl.Int64(),
        "lags": pl.Int64(),
        "first_seen": INSTANT,
        "last_seen": INSTANT,
    }
)
PATHS_SCHEMA: Final = pl.Schema(
    {
        "owner_id": pl.String(),
        "account_id": pl.String(),
        "signal": pl.String(),
        "value_hash": pl.String(),
        "hops": pl.Int32(),
        "spent": pl.Boolean(),
        "holders": pl.Int32(),
        "first_seen": INSTANT,
        "last_seen": INSTANT,
        "sightings": pl.Int64(),
    }
)
PASSED_SCHEMA: Final = pl.Schema({**DIRECT_SCHEMA, "hops": pl.Int32(), "spent": pl.Boolean()})
BEGINNERS_SCHEMA: Final = pl.Schema(
    {
        "referrer_owner": pl.String(),
        "referrer_account": pl.String(),
        "referee_owner": pl.String(),
        "referee_account": pl.String(),
        "referred_at": INSTANT,
        "days": pl.Int64(),
        "close_by": pl.Int64(),
        "brought": pl.Int32(),
    }
)
HAND_OVERS_SCHEMA: Final = pl.Schema({"account_id": pl.String(), "begins": INSTANT})
MOVED_SCHEMA: Final = pl.Schema(
    {"account_id": pl.String(), "country": pl.String(), "moved_at": INSTANT}
)
COPIES_SCHEMA: Final = pl.Schema({"leader_owner": pl.String(), "follower_owner": pl.String()})
HUBS_SCHEMA: Final = pl.Schema(
    {"family": pl.String(), "signal": pl.String(), "value_hash": pl.String(), "holders": pl.Int32()}
)
EDGES_SCHEMA: Final = pl.Schema(
    {
        "account_a": pl.String(),
        "account_b": pl.String(),
        "family": pl.String(),
        "signal": pl.String(),
        "value_hash": pl.String(),
        "holders": pl.Int32(),
        "weight_millibits": pl.Int64(),
        "two_sided": pl.Boolean(),
        "first_seen": INSTANT,
        "last_seen": INSTANT,
        "sightings": pl.Int64(),
        "owner_a": pl.String(),
        "owner_b": pl.String(),
    }
)
CLUSTERS_SCHEMA: Final = pl.Schema(
    {
        "cluster_id": pl.String(),
        "accounts": pl.Int32(),
        "owners": pl.Int32(),
        "families": pl.List(pl.String()),
        "score": pl.Float64(),
        "first_found_at": INSTANT,
    }
)
MEMBERS_SCHEMA: Final = pl.Schema(
    {
        "cluster_id": pl.String(),
        "account_id": pl.String(),
        "owner_id": pl.String(),
        "strength_millibits": pl.Int64(),
    }
)
CASE_MEMBERS_SCHEMA: Final = pl.Schema(
    {"case_id": pl.String(), "account_id": pl.String(), "owner_id": pl.String()}
)


@dataclass(frozen=True)
class OrderFlow:
    """What orders say of pairs of owners, beside what chance would have it.

    Expectations are in millionths. Declared market makers and accounts of the exchange are left
    out, and so are fills that were busted.

    Attributes:
        meetings: `MEETINGS_SCHEMA`, one row a pair and length of cell: in how many cells of so many
            seconds the two took opposite sides of one market, in how many of them a bought, in how
            many a was first, in how many cells they took the same side; and how much of what the
            less level of the two and all whom it meets took is left open, per 10,000.
        matches: `MATCHES_SCHEMA`, one row (maker, taker, market): how often the one answered the
            other; what is expected is that of the pair over all markets.
        replays: `REPLAYS_SCHEMA`, one row a pair: on how many days the two opened the same rare
            sequence of positions, the same weighted by rarity, and on how many days each was first.
        copies: `COPIES_SCHEMA`, one row (leader, follower) who trades the same seconds later.
        echoes: `ECHOES_SCHEMA`, one row a pair: how often b opened what a had `lag_us` before (a
            what b had, where that is negative), on how many days, and how many lags there are.
    """

    meetings: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=MEETINGS_SCHEMA))
    matches: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=MATCHES_SCHEMA))
    replays: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=REPLAYS_SCHEMA))
    copies: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=COPIES_SCHEMA))
    echoes: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=ECHOES_SCHEMA))


@dataclass(frozen=True)
class Sightings:
    """What was seen of each owner before an instant, reduced to what two owners can share.

    Instants may be null where the source has none (on-chain edges without dates).

    Attributes:
        accounts: `ACCOUNTS_SCHEMA`, one row an account, those of kind `system` left out; its
            distinct owners are the population that rarity is counted in.
        devices: `SEEN_SCHEMA`, one row an (owner, device); signal `device`.
        networks: `NETWORKS_SCHEMA`, one row an (owner, address, UTC hour); hours in which an owner
            met nobody may be left out, so `holders` says how many owners used the address at any
            hour. A null hour lets two owners meet at an address without a time.
        addresses: `SEEN_SCHEMA`, one row an (owner, signal, address); signals
            `withdrawal_destination` and `deposit_source`.
        direct: `DIRECT_SCHEMA`, one row an ordered pair of owners with transfers between them.
        hubs: `HUBS_SCHEMA`, values that were cut while loading because more owners than the cap
            hold them; empty where nothing was cut.
        flow: What was read of the fills; nothing where there are none.
        paths: `PATHS_SCHEMA`, one row an (owner, signal, address outside) that lies on the way of
            the money of several owners; signals `deposit_origin` and `withdrawal_end`. `hops` is
            how many transfers lie between the exchange and it; `spent` says whether what the owner
            paid in was by and large what came that way.
        passed: `PASSED_SCHEMA`, one row an ordered pair of owners with money that left the one's
            account and came into the other's over addresses outside.
        beginners: `BEGINNERS_SCHEMA`, one row a referred owner: on how many days it traded, how
            many came to the same referrer within three days of it, how many it brought in all.
        hand_overs: `HAND_OVERS_SCHEMA`, one row an account whose device, country and sink changed
            together; what it showed before it begins anew is in no other frame.
        moved: `MOVED_SCHEMA`, one row an account that was moved to another country, the last time.
        uses: `USES_SCHEMA`, one row an (owner, device) of `devices`: how often the owner logged in,
            from any device, since it first used this one; a row that is missing says that it used
            no other.
        homes: `SEEN_SCHEMA`, one row an (owner, address) where the owner made at least a third of
            its logins, as others did; signal `home`.
    """

    accounts: pl.DataFrame
    devices: pl.DataFrame
    networks: pl.DataFrame
    addresses: pl.DataFrame
    direct: pl.DataFrame
    hubs: pl.DataFrame
    flow: OrderFlow = field(default_factory=OrderFlow)
    paths: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=PATHS_SCHEMA))
    passed: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=PASSED_SCHEMA))
    beginners: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=BEGINNERS_SCHEMA))
    hand_overs: pl.DataFrame = field(
        default_factory=partial(pl.DataFrame, schema=HAND_OVERS_SCHEMA)
    )
    moved: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=MOVED_SCHEMA))
    uses: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=USES_SCHEMA))
    homes: pl.DataFrame = field(default_factory=partial(pl.DataFrame, schema=SEEN_SCHEMA))


@dataclass(frozen=True)
class Detection:
    """What one run of the detection found; the frames are sorted by their keys.

    Attributes:
        edges: `EDGES_SCHEMA`, one row a pair of owners and shared value; owner_a < owner_b.
        pairs: One row a pair of owners with any evidence: owner_a, owner_b, one column
            `<family>_millibits` a family (clipped), weight_millibits (their sum), families (how
            many are positive), two_sided_millibits, kept (whether it links the two), evidence.
        clusters: `CLUSTERS_SCHEMA`, one row a cluster of at least two owners.
        members: `MEMBERS_SCHEMA`, one row an account of an owner in a cluster.
        hubs: `HUBS_SCHEMA`, one row a value that too many owners hold to be evidence.
        scores: account_id, cluster_id (null outside of clusters), score; every account.
    """

    edges: pl.DataFrame
    pairs: pl.DataFrame
    clusters: pl.DataFrame
    members: pl.DataFrame
    hubs: pl.DataFrame
    scores: pl.DataFrame


@dataclass(frozen=True)
class CaseBook:
    """The cases that there are, as `decide_cases` reads them.

    Cases form chains: one group of owners over time. A chain bears the id of its first case.

    Attributes:
        cases: case_id, root (the first case of its chain), follows (the case before it, or null),
            cluster_id, state, place (Int32, in the chain, from 1), final_at (when it became final,
            or null).
        members: `CASE_MEMBERS_SCHEMA`.
        evidence: case_id and the columns of `EDGES_SCHEMA`.
        verdicts: case_id, owner_id, keep_bps (Int32): what decisions and answered appeals say that
            stand; an owner who is cleared keeps 10,000.
    """

    cases: pl.DataFrame
    members: pl.DataFrame
    evidence: pl.DataFrame
    verdicts: pl.DataFrame


@dataclass(frozen=True)
class CaseChange:
    """A case that the detection opens, extends or reopens.

    Attributes:
        case_id: 'C-' and twelve hexadecimal digits.
        cluster_id: The cluster that it follows from now on.
        move: `opened`, `gained` or `reopened`.
        score: Of the cluster.
        reason: What is new, in one sentence.
        members: account_id, owner_id of the accounts that are new to the case.
        evidence: `EDGES_SCHEMA`, the evidence that is new to the case.
        follows: Of a case that is opened: the one before it in its chain; None begins a chain.
        routes: Of a case that is opened: how it came, see `detection.routes`.
    """

    case_id: str
    cluster_id: str
    move: str
    score: float
    reason: str
    members: pl.DataFrame
    evidence: pl.DataFrame
    follows: str | None = None
    routes: tuple[str, ...] = ()
