"""The terms of the detection: costs, caps and thresholds, `home/detection.toml`.

Rarity is counted in bits: a value that d of N owners hold weighs log2(N/d) - cost, in integer
millibits. Start values are those of a prototype on synthetic seasons (docs/design.md, section 3).
"""

from typing import Annotated, Final

from pydantic import Field

from warehouse.declarations import Declaration, read_declaration
from warehouse.errors import DetectionError


class SignalTerms(Declaration):
    """How one signal weighs.

    Attributes:
        cost_millibits: Taken off the rarity, for how often honest people share such a value.
        cap: Most owners that may hold a value before it is a hub and no evidence.
        two_sided: Whether the sharing needs an act or a secret of both owners. What a third party
            can bring about alone is weak: it never links two owners by itself.
    """

    cost_millibits: Annotated[int, Field(ge=0, le=40_000)]
    cap: Annotated[int, Field(ge=2, le=1_000)]
    two_sided: bool


class DetectionTerms(Declaration):
    """Costs, caps and thresholds of one detection; stored with every run.

    Attributes:
        device: Logins of both from one device.
        network: Logins of both from one address within the same UTC hour.
        withdrawal_destination: Both sent funds to one address.
        deposit_source: Both received funds from one address.
        direct_transfer: Funds from one owner to the other. Counts as two-sided where they went
            both ways, whatever `two_sided` says of one way.
        family_clip_millibits: Most that one family adds to a pair.
        unilateral_clip_millibits: Most that one family's one-sided evidence adds to a pair.
        strong_millibits: Two-sided evidence of one family that links a pair by itself.
        resolution_millibits: Of the communities, in the unit of the weights: a community is kept
            together by at least so much per pair of its owners (CPM/Potts). 0 leaves components
            whole, for sparse evidence that makes chains and trees.
        score_scale_millibits: Evidence per owner that brings the score to one half.
        flag_score: Least score of a cluster that opens a case.
    """

    device: SignalTerms = SignalTerms(cost_millibits=2_000, cap=60, two_sided=True)
    network: SignalTerms = SignalTerms(cost_millibits=7_000, cap=30, two_sided=False)
    withdrawal_destination: SignalTerms = SignalTerms(cost_millibits=2_000, cap=80, two_sided=True)
    deposit_source: SignalTerms = SignalTerms(cost_millibits=2_000, cap=80, two_sided=False)
    direct_transfer: SignalTerms = SignalTerms(cost_millibits=2_000, cap=80, two_sided=False)
    family_clip_millibits: Annotated[int, Field(ge=1, le=100_000)] = 12_000
    unilateral_clip_millibits: Annotated[int, Field(ge=0, le=100_000)] = 4_000
    strong_millibits: Annotated[int, Field(ge=1, le=100_000)] = 5_000
    resolution_millibits: Annotated[int, Field(ge=0, le=20_000)] = 250
    score_scale_millibits: Annotated[int, Field(ge=1, le=100_000)] = 8_000
    flag_score: Annotated[float, Field(gt=0, lt=1)] = 0.5


DEFAULT_TEXT: Final = """\
# Costs, caps and thresholds of the detection. Weights are in millibits of rarity: a value that
# d of N owners hold weighs log2(N/d) bits less its cost; more than `cap` holders make it a hub.
# two_sided: the sharing needs an act or a secret of both; anything else is weak evidence.
family_clip_millibits = 12000
unilateral_clip_millibits = 4000
strong_millibits = 5000
resolution_millibits = 250
score_scale_millibits = 8000
flag_score = 0.5

[device]
cost_millibits = 2000
cap = 60
two_sided = true

[network]
cost_millibits = 7000
cap = 30
two_sided = false

[withdrawal_destination]
cost_millibits = 2000
cap = 80
two_sided = true

[deposit_source]
cost_millibits = 2000
cap = 80
two_sided = false

[direct_transfer]
cost_millibits = 2000
cap = 80
two_sided = false
"""


def parse_detection_terms(text: str) -> DetectionTerms:
    """Read the terms from TOML; what the text does not name keeps its default.

    Raises:
        DetectionError: Names every key that is wrong, with the value and what is allowed.
    """
    return read_declaration(text, DetectionTerms, name="the detection file", refusal=DetectionError)
