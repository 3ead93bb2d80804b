"""Draws everybody: the patterns side by side, the honest majority, and names that tell nothing."""

from typing import Final

import polars as pl

from simulator.attacks import ATTACKS
from simulator.draws import Draws
from simulator.innocents import HONEST, INNOCENTS, MAKERS, SYSTEM
from simulator.patterns import Patterns
from simulator.population import Site
from simulator.season import DAY, SeasonPlan

PATTERNS: Final[Patterns] = (*ATTACKS, *INNOCENTS, SYSTEM)
NO_LOOKALIKES: Final = (HONEST.name, SYSTEM.name, *(attack.name for attack in ATTACKS))


def draw_people(site: Site) -> pl.DataFrame:
    """Draw all accounts of a season.

    Returns:
        One row an account in the order of account_id, with the columns of `MEMBERS` and
        account_id; owner_id (null where the account is its own owner); operator_id and group_id
        (hidden: the first account of the same operator, and the planted group); referrer_id.
        What follows calls an account by its row number here.

    Raises:
        ValueError: As `check_plan`.
    """
    plan = site.plan
    check_plan(plan)
    rest = honest_accounts(plan)
    parts = [pattern.members(site, pattern.count(plan)) for pattern in PATTERNS]
    members = pl.concat([*parts, HONEST.members(site, rest)])
    numbers = Draws(plan.seed, "names").shuffled(len(members))
    names = pl.Series("name", numbers + 1).cast(pl.String).str.zfill(7)
    named = members.with_columns(
        (pl.lit("acct-") + names).alias("account_id"),
    )
    return _resolved(_in_time(plan, named)).sort("account_id")


def check_plan(plan: SeasonPlan) -> None:
    """Refuse a season that cannot be played, before anything of it is made.

    Raises:
        ValueError: The mix leaves no honest account, or no market maker to trade with.
    """
    honest_accounts(plan)
    if MAKERS.count(plan) < 1:
        share = plan.mix.share_bps.get(MAKERS.name, MAKERS.share_bps)
        raise ValueError(
            f"the mix gives {MAKERS.name!r} a share of {share!r}, so nobody answers a trade; "
            "give it 1 or more of ten thousand"
        )


def honest_accounts(plan: SeasonPlan) -> int:
    """Return how many accounts follow no pattern.

    Raises:
        ValueError: None does.
    """
    rest = plan.accounts - sum(pattern.count(plan) for pattern in PATTERNS)
    if rest < 1:
        shares = sum(
            plan.mix.share_bps.get(pattern.name, pattern.share_bps) for pattern in PATTERNS
        )
        raise ValueError(
            f"the shares of the mix, {shares} of 10000, leave {rest} of "
            f"{plan.accounts} accounts to the honest; lower them, or take more accounts"
        )
    return rest


def _in_time(plan: SeasonPlan, members: pl.DataFrame) -> pl.DataFrame:
    """Draw the sign-ups of a group closer together where its last would come too late.

    In a short season a group's newcomers may be drawn beyond the last day but one. All of them
    move, in their order and in proportion, so that no instant is anybody's but one's own.
    """
    last, newcomer = plan.end - DAY, pl.col("opened") >= plan.start
    signed_up = pl.when(newcomer).then("opened")
    first = signed_up.min().over("pattern", "group")
    latest = signed_up.max().over("pattern", "group")
    room = last - plan.start
    low = plan.start + (first - plan.start) % room
    # In 2⁻¹⁶ parts: what is multiplied stays below 2⁶³ for seasons of years.
    ratio = pl.min_horizontal(pl.lit(1 << 16), (last - low) * (1 << 16) // (latest - first + 1))
    moved = low + (pl.col("opened") - first) * ratio // (1 << 16)
    opened = pl.when(newcomer & (latest >= last)).then(moved).otherwise("opened")
    earlier = pl.col("opened") - opened
    at_once = pl.col("starts") == pl.col("opened")
    leaves = at_once & (pl.col("stops") < plan.end)
    return members.with_columns(
        opened.alias("opened"),
        pl.when(at_once).then(pl.col("starts") - earlier).otherwise("starts").alias("starts"),
        pl.when(leaves).then(pl.col("stops") - earlier).otherwise("stops").alias("stops"),
    ).with_columns(pl.max_horizontal("starts", "opened").alias("starts"))


def _resolved(members: pl.DataFrame) -> pl.DataFrame:
    """Turn seats into account ids."""
    seats = members.select("pattern", "group", pl.col("seat").alias("key"), name="account_id")
    for seat, name in (
        ("main", "owner_id"),
        ("operator", "operator_id"),
        ("referrer", "referrer_id"),
    ):
        members = members.join(
            seats.rename({"key": seat, "name": name}),
            on=["pattern", "group", seat],
            how="left",
            maintain_order="left",
        )
    group = pl.format("{}-{}", "pattern", pl.col("group") + 1).alias("group_id")
    return members.with_columns(group)


def truth(people: pl.DataFrame, targeted: pl.DataFrame) -> pl.DataFrame:
    """Return what nobody may see before scoring: one row an account.

    Args:
        people: As from `draw_people`.
        targeted: account_id of the innocent whom an attacker tried to tie to a farm.

    Returns:
        account_id; operator_id (the first account of the same operator); group_id; pattern (A1 to
        A15, the name of a look-alike class, or honest); level (L1 and up, empty for the innocent);
        lookalike_class (null for farms, the honest and the
        exchange itself); farm; targeted.
    """
    level = pl.when(pl.col("level") > 0).then(pl.format("L{}", "level")).otherwise(pl.lit(""))
    innocent = ~pl.col("pattern").is_in(list(NO_LOOKALIKES))
    return people.select(
        "account_id",
        "operator_id",
        "group_id",
        "pattern",
        level.alias("level"),
        pl.when(innocent).then("pattern").alias("lookalike_class"),
        "farm",
        pl.col("account_id").is_in(targeted["account_id"].implode()).alias("targeted"),
    )
