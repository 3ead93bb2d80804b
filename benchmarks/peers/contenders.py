"""Who is compared, in the order of the table."""

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Final, cast

import polars as pl

from benchmarks.peers.season import Past, Season


@dataclass(frozen=True)
class Contender:
    """Somebody who flags owners.

    Attributes:
        name: As in the table.
        rule: Module of this folder and its function, as 'module.function'. It takes a `Season`,
            and a `Past` where it learns, and returns the flagged owner_ids.
        labels: Which labels it needs, for the table.
        learns: Whether it is given a `Past`.
        package: What has to be installed for it; None: nothing beyond Winnow.
    """

    name: str
    rule: str
    labels: str = "none"
    learns: bool = False
    package: str | None = None

    @property
    def installed(self) -> bool:
        """Whether its package is there."""
        return self.package is None or find_spec(self.package) is not None

    def flag(self, season: Season, past: Past | None) -> pl.Series:
        """Return the owners whom it flags.

        Raises:
            ValueError: It learns, and there is no past.
        """
        if self.learns and past is None:
            raise ValueError(f"{self.name!r} learns; name a season that is past")
        module, function = self.rule.split(".")
        rule = getattr(import_module(f"benchmarks.peers.{module}"), function)
        return cast("pl.Series", rule(season, past) if self.learns else rule(season))


_TRUTH: Final = "an earlier season's truth"
CONTENDERS: Final = (
    Contender("shared device or IP", "rules.shared_device_or_ip"),
    Contender("more than 3 a device", "rules.many_on_a_device"),
    Contender("Arbitrum-style, > 20", "arbitrum.more_than_twenty"),
    Contender("Arbitrum-style, ≥ 5", "arbitrum.five_and_more"),
    Contender("Hop-style", "hop.in_groups"),
    Contender("Trusta-style", "trusta.refined_communities"),
    Contender("SybilRank", "sybilrank.least_trusted", labels="honest seeds"),
    Contender("sybilkit", "with_sybilkit.clusters", package="sybilkit"),
    Contender("splink", "with_splink.same_entity", package="splink"),
    Contender("graphspot OddBall", "with_graphspot.odd", package="graphspot"),
    Contender(
        "graphspot FlatBaseline",
        "with_graphspot.learned_flat",
        labels=_TRUTH,
        learns=True,
        package="graphspot",
    ),
    Contender(
        "graphspot XGBGraph",
        "with_graphspot.learned",
        labels=_TRUTH,
        learns=True,
        package="graphspot",
    ),
    Contender("Winnow", "winnow.flagged"),
)


def by_name(name: str) -> Contender:
    """Return the contender of a name.

    Raises:
        KeyError: There is none.
    """
    return {contender.name: contender for contender in CONTENDERS}[name]
