"""What is told of a model: what it learned from, and how well it does beside what is simpler.

It is stored with the model as canonical JSON, and read back as it was.
"""

from dataclasses import asdict, dataclass
from typing import Final

import rfc8785
from pydantic import TypeAdapter

from detection.boosting import Boosting
from detection.season_evaluation import Split


@dataclass(frozen=True)
class TierCount:
    """Rows of one tier and label.

    Attributes:
        tier: See `detection.labels`.
        label: 1 where a decision stands against the owners.
        rows: Clusters, each as often as there are detections of it.
        groups: Clusters that stand and fall together.
    """

    tier: str
    label: int
    rows: int
    groups: int


@dataclass(frozen=True)
class Summary:
    """What is told of a model.

    Attributes:
        tiers: What it learned from.
        judged_by: The tiers of labels that it was judged by.
        is_judged_by_few: Whether there were too few of the best tiers, so that all decisions judge.
        splits: How well it does, always beside the flat features and the rules alone.
        threshold: The probability that reaches the precision asked for; None where none does.
        settings: Of the trees.
        seed: Of folds and columns.
        versions: Of libraries.
    """

    tiers: tuple[TierCount, ...]
    judged_by: tuple[str, ...]
    is_judged_by_few: bool
    splits: tuple[Split, ...]
    threshold: float | None
    settings: Boosting
    seed: int
    versions: tuple[str, ...]


_READER: Final = TypeAdapter(Summary)


def write_summary(summary: Summary) -> str:
    """Return a summary as canonical JSON."""
    return rfc8785.dumps(asdict(summary)).decode()


def read_summary(text: str) -> Summary:
    """Return the summary that `write_summary` wrote."""
    return _READER.validate_json(text)
