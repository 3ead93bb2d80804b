"""A8: bought and rented accounts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from simulator.attacks.levels import at_level, by_level, from_level
from simulator.draws import Draws, Ints
from simulator.patterns import Attack
from simulator.population import Site, per_group, shared, shared_homes
from simulator.season import DAY, HOUR, MINUTE

STUDIO_COUNTRIES = ("VN", "ID", "NG", "UA")


@dataclass(frozen=True)
class BoughtAccounts(Attack):
    """Aged accounts of strangers, whose device, country and sink change in mid-season.

    Verified accounts are sold and rented; in a studio, staff work them on real phones. Until the
    change each is what its first owner made of it; a seller has passed every face check.
    The truth calls such an account a farm's from its first day, before it changes hands too: what
    it did until `switch_at` was its seller's, and is counted with the farm's.
    """

    name: ClassVar[str] = "A8"
    share_bps: ClassVar[int] = 50
    levels: ClassVar[tuple[str, ...]] = (
        "all on one day, four accounts a phone, one studio, one sink, another country",
        "one by one; two accounts a phone, a sink for each three; the seller still logs in",
        "a real phone on a mobile network each, own sinks, the seller's country and face; he logs "
        "in every other time",
    )

    fewest: int = 3
    most: int = 40
    dropped_bps: int = 2_500  # of the bought, which are given up some weeks later
    own_bps: int = 2_500  # what is traded besides the farm's script, and alone before the change

    def shape(self, draws: Draws, site: Site, members: pl.DataFrame) -> pl.DataFrame:
        """Be a stranger first, and then one of many."""
        plan, count = site.plan, len(members)
        switch = self._changes(draws, site, members)
        later = pl.Series(switch - plan.start + draws.whole(2 * DAY, 9 * DAY, count))
        dropped = pl.Series(draws.chance(self.dropped_bps, count))
        gone = pl.Series(switch + (8 * DAY * draws.heavier(count, 10.0)).astype(np.int64))
        return members.with_columns(
            pl.Series("opened", plan.start - draws.whole(100 * DAY, 600 * DAY, count)),
            *self._studio(draws, site, members),
            pl.Series("switch_at", switch),
            pl.Series("lingers_bps", by_level(members, 0, 3_000, 5_000)),
            later.alias("leaves_after"),
            pl.when(dropped).then(gone).otherwise(plan.end).alias("stops"),
            pl.Series("jitter", by_level(members, 5 * MINUTE, HOUR, 6 * HOUR)),
            starts=pl.lit(plan.start),
            kyc_level=pl.lit(2, pl.Int64),
            style=pl.lit("quiet"),
            aside_bps=pl.lit(self.own_bps, pl.Int64),
            next_style=pl.lit("script"),
        )

    def leaves(self, draws: Draws, site: Site, members: pl.DataFrame) -> Mapping[str, pl.Expr]:
        """Take a part of what was there within days of the change, and farm on with the rest."""
        del site
        part = pl.Series(draws.whole(30, 81, len(members)))
        names = ("stops", "leaves_after")
        return {**{name: pl.col(name) for name in names}, "leaves_with": pl.lit(part)}

    def _changes(self, draws: Draws, site: Site, members: pl.DataFrame) -> Ints:
        """Draw when each account changes hands: from a quarter of the season on."""
        length = site.plan.days * DAY
        first = site.plan.start + draws.whole(length // 4, length // 2, members["group"].n_unique())
        spread = by_level(members, DAY, length // 4, length // 3)
        within = (draws.unit(len(members)) * spread).astype(np.int64)
        changes: Ints = first[members["group"].to_numpy()] + within
        return changes

    def _studio(self, draws: Draws, site: Site, members: pl.DataFrame) -> list[pl.Expr]:
        count, groups = len(members), members["group"].n_unique()
        phones = [shared(draws, members, block, "dev-") for block in (4, 2, 1)]
        nets = [shared_homes(draws, members, block) for block in (count, 5)]
        mobile = pl.Series(site.exits(draws, "carrier", count).tolist(), dtype=pl.String)
        sinks = [shared(draws, members, block, "0x") for block in (count, 3, 1)]
        place = per_group(members, draws.whole(0, len(STUDIO_COUNTRIES), groups))
        country = pl.Series(STUDIO_COUNTRIES, dtype=pl.String).gather(place)
        return [
            at_level(*phones).alias("next_device"),
            at_level(*nets, mobile).alias("next_ip"),
            at_level(*sinks).alias("next_sink"),
            pl.when(~from_level(3)).then(country).alias("next_country"),
        ]
