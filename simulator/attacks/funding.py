"""A3: farms that share nothing at the exchange, but whose wallets were filled together."""

from dataclasses import dataclass
from typing import ClassVar, Final

import polars as pl

from simulator.attacks.bursts import burst
from simulator.attacks.levels import at_level, by_level, from_level
from simulator.draws import Draws
from simulator.patterns import PLANTED_TRANSFERS, Attack, Planted
from simulator.population import Site, shared
from simulator.season import DAY, HOUR, MINUTE

CHAIN: Final = 2
TREE: Final = 3
DIAMOND: Final = 4
DISPERSED: Final = 5
FAR: Final = 6
THROUGH_EXCHANGE: Final = 7
PAID_BY_CONTRACT: Final = 200  # one account of so many was paid through the disperse contract
BRANCH: Final = 4  # wallets that one branch of a tree fills


@dataclass(frozen=True)
class FundedFarm(Attack):
    """A wallet, a device and a home each; the wallets have a common origin outside the exchange.

    The shapes are those that the reports of Hop's bounty hunters draw: stars, peeling chains,
    trees, diamonds, disperse contracts, and wallets that flow together again in the end. An
    exchange in between hides the origin for good: half of all honest users come from the same hot
    wallets.
    """

    name: ClassVar[str] = "A3"
    share_bps: ClassVar[int] = 100
    levels: ClassVar[tuple[str, ...]] = (
        "a star: one wallet fills all within hours, with equal sums",
        "a chain: each wallet passes on what is left to the next",
        "a tree: branches of four, equal sums",
        "a diamond: two wallets between, each brings half; sums differ by a tenth from here on",
        "a public disperse contract fills all at one instant; the sinks flow together afterwards",
        "three hops outside, each of its own, days apart",
        "an exchange in between: each wallet is filled from its hot wallet days later",
    )

    fewest: int = 3
    most: int = 30

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Give each a wallet, and the wallets a common origin."""
        count = len(members)
        wallets = pl.Series(draws.tokens(count, "0x", 40).tolist(), dtype=pl.String)
        sinks = pl.Series(draws.tokens(count, "0x", 40).tolist(), dtype=pl.String)
        equal = pl.col("capital").first().over("group")
        varied = equal * pl.Series(draws.whole(90, 111, count)) // 100
        shaped = members.with_columns(
            *burst(draws, site, members, by_level(members, 2 * HOUR, *6 * (2 * DAY,))),
            pl.when(from_level(DIAMOND)).then(varied).otherwise(equal).alias("capital"),
            at_level(shared(draws, members, count, "0x"), wallets).alias("funder"),
            sinks.alias("sink"),
            seeder=pl.lit(None, pl.String),
            style=pl.lit("wander"),
        )
        star = pl.col("level") == 1
        return shaped.with_columns(
            pl.when(star).then("funder").alias("seeder"),
            pl.when(star).then(wallets).otherwise("funder").alias("funder"),
            *_later(site),
        )

    def plants(self, draws: Draws, site: Site, people: pl.DataFrame) -> Planted:
        """Fill the wallets along the shape of each level, and let sinks flow together."""
        farm = people.filter(pl.col("pattern") == self.name).sort("group", "seat")
        if farm.is_empty():
            return Planted()
        origin = shared(draws, farm, len(people), "0x")
        farm = farm.with_columns(origin.alias("origin"), *_hours(draws, site, farm))
        parts = (
            _chain(farm.filter(level=CHAIN)),
            _along(_paths(draws, site, farm)),
            _flow_together(draws, site, farm.filter(level=DISPERSED)),
            _paid_by_others(draws, site, people),
        )
        return Planted(transfers=pl.concat(parts))


def _gap(site: Site) -> int:
    """Days between two hops, less in short seasons."""
    return min(2 * DAY, site.plan.days * DAY // 8)


def _later(site: Site) -> list[pl.Expr]:
    """Start after the hops that take days."""
    waits = pl.when(from_level(FAR)).then(3 * _gap(site)).otherwise(0)
    return [(pl.col(name) + waits).alias(name) for name in ("opened", "starts")]


def _hours(draws: Draws, site: Site, farm: pl.DataFrame) -> list[pl.Expr]:
    """Return first, second and third: when each layer of a wallet's path is filled.

    What is filled on one day is filled within two hours of the first start, before any deposit.
    """
    first = pl.col("starts").min().over("group")
    count = len(farm)
    hurried = [pl.Series(draws.whole(at, at + 20, count) * MINUTE) for at in (0, 30, 60)]
    gap = _gap(site)
    slow = [pl.Series(draws.whole(0, gap // 2, count) - hops * gap) for hops in (3, 2, 1)]
    return [
        pl.when(from_level(FAR))
        .then(pl.col("starts") + apart)
        .otherwise(first + minutes)
        .alias(name)
        for name, minutes, apart in zip(("first", "second", "third"), hurried, slow, strict=True)
    ]


def _chain(farm: pl.DataFrame) -> pl.DataFrame:
    """Each wallet gets what it and all after it need, and passes on the rest a minute later."""
    before = pl.col("funder").shift(1).over("group").fill_null(pl.col("origin"))
    rest = pl.col("capital").cum_sum(reverse=True).over("group")
    return farm.select(
        (pl.col("starts").min().over("group") + pl.col("seat") * MINUTE).alias("ts"),
        before.alias("source"),
        pl.col("funder").alias("destination"),
        rest.alias("amount_usd"),
        kind=pl.lit("onchain"),
    ).cast(PLANTED_TRANSFERS)


def _paths(draws: Draws, site: Site, farm: pl.DataFrame) -> pl.DataFrame:
    """Return the nodes between a wallet and its origin: level, group, nodes, times, amount."""
    count = len(farm)
    own, further = (
        pl.Series(draws.tokens(count, "0x", 40).tolist(), dtype=pl.String) for _ in range(2)
    )
    hot = site.hot_wallets[draws.whole(0, len(site.hot_wallets), count)]
    farm = farm.with_columns(
        shared(draws, farm, BRANCH, "0x").alias("branch"),
        own.alias("own"),
        further.alias("further"),
        pl.Series("hot", hot.tolist(), pl.String),
        pl.lit(_contract(site)).alias("contract"),
        pl.col("capital").alias("amount"),
    )
    half = farm.filter(level=DIAMOND).with_columns(pl.col("capital") // 2)
    sides = [shared(draws, half, count, "0x") for _ in range(2)]
    return pl.concat(
        [
            _nodes(farm.filter(level=TREE), "branch"),
            *(_nodes(half.with_columns(own=wallet, amount="capital"), "own") for wallet in sides),
            _nodes(farm.filter(level=DISPERSED).with_columns(_at_one_instant()), "contract"),
            _nodes(farm.filter(level=FAR), "own", "further"),
            _nodes(farm.filter(level=THROUGH_EXCHANGE), "hot"),
        ]
    )


def _contract(site: Site) -> str:
    """Return the address of the disperse contract, of which there is one for everybody."""
    return str(Draws(site.plan.seed, "disperse contract").tokens(1, "0x", 40)[0])


def _paid_by_others(draws: Draws, site: Site, people: pl.DataFrame) -> pl.DataFrame:
    """Let strangers pay strangers by the same contract: wages, winnings, refunds."""
    strangers = people.filter(~pl.col("farm") & pl.col("seeder").is_not_null())
    some = draws.shuffled(len(strangers))[: site.plan.accounts // PAID_BY_CONTRACT]
    paid = strangers[some]
    late = pl.Series(draws.whole(0, 2 * HOUR, len(paid)))
    return paid.select(
        (pl.col("starts") + late).alias("ts"),
        pl.lit(_contract(site)).alias("source"),
        pl.col("funder").alias("destination"),
        (pl.col("capital") // 4).alias("amount_usd"),
        kind=pl.lit("onchain"),
    ).cast(PLANTED_TRANSFERS)


def _at_one_instant() -> list[pl.Expr]:
    return [pl.col("first").min().over("group").alias(name) for name in ("first", "third")]


def _nodes(farm: pl.DataFrame, *between: str) -> pl.DataFrame:
    """Lay a path from the origin over the columns `between` to the wallet: one row a hop."""
    nodes = ("origin", *between, "funder")
    times = (*("first", "second")[: len(between)], "third")
    hops = [
        farm.select("level", "group", ts=ts, source=source, destination=to, amount_usd="amount")
        for source, to, ts in zip(nodes[:-1], nodes[1:], times, strict=True)
    ]
    return pl.concat(hops)


def _along(hops: pl.DataFrame) -> pl.DataFrame:
    """Send along each hop once, at the first instant, what all who are behind it need."""
    summed = hops.group_by("level", "group", "source", "destination", maintain_order=True).agg(
        pl.col("ts").min(), pl.col("amount_usd").sum()
    )
    return summed.with_columns(kind=pl.lit("onchain")).select(PLANTED_TRANSFERS.names())


def _flow_together(draws: Draws, site: Site, farm: pl.DataFrame) -> pl.DataFrame:
    """Send what was withdrawn to one wallet a few days later."""
    collector = shared(draws, farm, site.plan.accounts, "0x")
    after = pl.Series(draws.whole(6 * HOUR, 3 * DAY, len(farm)))
    return (
        farm.select(
            (pl.col("starts") + pl.col("leaves_after") + after).alias("ts"),
            pl.col("sink").alias("source"),
            collector.alias("destination"),
            (pl.col("capital") * pl.col("leaves_with") // 100).alias("amount_usd"),
            kind=pl.lit("onchain"),
        )
        .drop_nulls("ts")
        .cast(PLANTED_TRANSFERS)
    )
