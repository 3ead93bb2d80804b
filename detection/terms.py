"""The terms of the detection: costs, caps and thresholds, `home/detection.toml`.

Rarity is counted in bits: a value that d of N owners hold weighs log2(N/d) - cost, in integer
millibits. Start values are those of a prototype on synthetic seasons (docs/design.md, section 3).
"""

from typing import Annotated, Final

from pydantic import Field

from detection.thresholds import (
    BurstTerms,
    GroundsTerms,
    HandOverTerms,
    MoveTerms,
    SiblingsTerms,
)
from warehouse.declarations import Declaration, read_declaration
from warehouse.errors import DetectionError

Cell = Annotated[int, Field(ge=5, le=86_400, multiple_of=5)]


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


class DeviceTerms(SignalTerms):
    """How logins from one device weigh.

    Attributes:
        main_bps: A device is an owner's main one from so many of 10,000 logins on, counted since it
            first used the device, and one login elsewhere added.
        residents_bps: A device that is the main one of fewer of 10,000 owners is one that people
            visit. For two who share several: whose owners log in from shared ones mostly.
        most_handed: A device that went from hand to hand among more owners was not sold.
    """

    main_bps: Annotated[int, Field(ge=0, le=10_000)] = 5_000
    residents_bps: Annotated[int, Field(ge=0, le=10_000)] = 7_500
    most_handed: Annotated[int, Field(ge=0, le=1_000)] = 3


class PathTerms(SignalTerms):
    """How money over addresses outside weighs.

    Attributes:
        hop_millibits: Taken off for each transfer between the exchange and the address.
        most_millibits: Most that it adds; less than `strong_millibits` never links by itself.
    """

    hop_millibits: Annotated[int, Field(ge=0, le=40_000)] = 1_000
    most_millibits: Annotated[int, Field(ge=1, le=100_000)] = 100_000


class ReferralTerms(SignalTerms):
    """How bringing beginners weighs.

    Attributes:
        most_days: A referee that traded on more days is no beginner.
        least_close_by: Referees, itself among them, that came to the referrer within three days.
    """

    most_days: Annotated[int, Field(ge=0, le=1_000)] = 5
    least_close_by: Annotated[int, Field(ge=1, le=1_000)] = 4


class PairTerms(Declaration):
    """How a signal weighs that is counted by the pair, against chance.

    Attributes:
        cost_millibits: Taken off the bits by which the count exceeds chance among all pairs.
        cap: Most owners, itself among them, that one owner may have such evidence with.
        two_sided: Whether it may count as two-sided; each signal says of itself when it does.
        least: Fewest times that it has to be seen.
    """

    cost_millibits: Annotated[int, Field(ge=0, le=40_000)] = 0
    cap: Annotated[int, Field(ge=2, le=1_000)] = 40
    two_sided: bool = True
    least: Annotated[int, Field(ge=1, le=1_000)] = 4


class OppositeTerms(PairTerms):
    """How taking opposite sides weighs.

    Attributes:
        cells: Lengths of the cells in which two meet, in seconds; multiples of five.
        crowd: Most legs in a cell.
        size_ratio: How far apart the sizes of two legs may be.
        most_same_side_bps: Most cells with both on one side, per 10,000 with them opposite.
        most_open_bps: Where they are on one side more than half as often as opposite: most that
            their groups leave open, per 10,000 of what they took.
    """

    cells: Annotated[tuple[Cell, ...], Field(min_length=1)] = (5, 60, 900)
    crowd: Annotated[int, Field(ge=2, le=1_000)] = 40
    size_ratio: Annotated[int, Field(ge=1, le=1_000)] = 5
    most_same_side_bps: Annotated[int, Field(ge=0, le=1_000_000)] = 20_000
    most_open_bps: Annotated[int, Field(ge=0, le=10_000)] = 2_500


class DirectTerms(PairTerms):
    """How meeting one another's orders weighs.

    Attributes:
        neutral_bps: Most that a member of a ring is left with, per 10,000 of what it traded in it.
    """

    least: Annotated[int, Field(ge=1, le=1_000)] = 3
    neutral_bps: Annotated[int, Field(ge=0, le=10_000)] = 2_000


class ReplayTerms(PairTerms):
    """How repeating one another's sequences weighs.

    Attributes:
        cap: Also the most owners that may share a sequence before it is a crowd's.
        least: On so many days.
        copied_bps: Part of an owner's takes that come 0.2 to 6 seconds after a leader's, from which
            on it copies.
        echo_minutes: How far apart two lags may be and still be one.
        least_lag_hours: An echo that comes sooner may come from news, a call or a copy.
        public: Whether others can see who trades what. Where nobody can, who opens the same hours
            later cannot have watched, and an echo is two-sided. A new home's file says that nobody
            can; a file that says nothing is taken on the safe side.
    """

    copied_bps: Annotated[int, Field(ge=1, le=10_000)] = 3_000
    echo_minutes: Annotated[int, Field(ge=2, le=1_440)] = 60
    least_lag_hours: Annotated[int, Field(ge=1, le=1_000)] = 3
    public: bool = True


class ModelTerms(Declaration):
    """When a model is made, and when it may rule.

    Attributes:
        least_decided: Groups of clusters that people decided, of either answer, that it takes.
        least_shadow_detections: Detections that it is asked in before it may rule.
        most_shadows: So many models are asked beside the one that rules; older ones are retired.
    """

    least_decided: Annotated[int, Field(ge=10, le=100_000)] = 10
    least_shadow_detections: Annotated[int, Field(ge=1, le=1_000)] = 1
    most_shadows: Annotated[int, Field(ge=1, le=20)] = 3


class DetectionTerms(Declaration):
    """Costs, caps and thresholds of one detection; stored with every run.

    Attributes:
        device: Logins of both from one device.
        network: Logins of both from one address within the same UTC hour, or a home in common.
        withdrawal_destination: Both sent funds to one address.
        deposit_source: Both received funds from one address.
        direct_transfer: Funds from one owner to the other. Counts as two-sided where they went
            both ways, whatever `two_sided` says of one way.
        deposit_origin: An address outside that money of both came from, over others.
        withdrawal_end: An address outside that money of both went to, over others.
        funding_chain: Money that left the one's account and came into the other's over addresses
            outside; both ways it is two-sided, as a direct transfer is.
        path_hops: How many transfers outside are followed from the exchange.
        grounds: When evidence is enough without a model.
        referral: One brought the other, who did the least, with others at the same time.
        siblings: Both were brought by one, and are joined by several things that those share.
        sign_up_burst: Both signed up at the same time.
        moved: Accounts of both came into one country at the same time.
        hand_over: Accounts of both changed hands.
        opposite: Opposite sides of one market at the same time.
        direct: Orders of the one answered by the other.
        replay: The same sequences of openings.
        order_millibits: By how much the rarer of two orders (who begins, who buys, who takes) has
            to exceed chance before either could not have come about by one side alone.
        pair_budget: Most pairs of owners that one join over fills makes; see
            `warehouse.trading.FlowLimits`.
        family_clip_millibits: Most that one family adds to a pair.
        unilateral_clip_millibits: Most that one family's one-sided evidence adds to a pair.
        strong_millibits: Two-sided evidence of one family that links a pair by itself.
        resolution_millibits: Of the communities, in the unit of the weights: a community is kept
            together by at least so much per pair of its owners (CPM/Potts). 0 leaves components
            whole, for sparse evidence that makes chains and trees.
        score_scale_millibits: Evidence per owner that brings the score to one half.
        least_membership: An owner that belongs less to its cluster, and does not trade in concert
            with it, is a bridge between it and others, and is not asked about with it.
        flag_score: Least score of a cluster that comes before a moderator by what was traded alone.
        model_probability: Least probability, by the ruling model, of one that comes so by it.
        model: When a model is made, and when it may rule.
        leads: Most strange clusters that a detection makes a lead of.
    """

    device: DeviceTerms = DeviceTerms(cost_millibits=2_000, cap=60, two_sided=True)
    network: SignalTerms = SignalTerms(cost_millibits=7_000, cap=30, two_sided=False)
    withdrawal_destination: SignalTerms = SignalTerms(cost_millibits=2_000, cap=80, two_sided=True)
    deposit_source: SignalTerms = SignalTerms(cost_millibits=2_000, cap=80, two_sided=False)
    direct_transfer: SignalTerms = SignalTerms(cost_millibits=2_000, cap=80, two_sided=False)
    deposit_origin: PathTerms = PathTerms(
        cost_millibits=3_000, cap=30, two_sided=True, most_millibits=4_500
    )
    withdrawal_end: PathTerms = PathTerms(cost_millibits=3_000, cap=40, two_sided=True)
    funding_chain: PathTerms = PathTerms(
        cost_millibits=3_000, cap=20, two_sided=True, most_millibits=4_500
    )
    path_hops: Annotated[int, Field(ge=1, le=5)] = 3
    grounds: GroundsTerms = GroundsTerms()
    referral: ReferralTerms = ReferralTerms(cost_millibits=4_000, cap=80, two_sided=False)
    siblings: SiblingsTerms = SiblingsTerms()
    sign_up_burst: BurstTerms = BurstTerms()
    moved: MoveTerms = MoveTerms()
    hand_over: HandOverTerms = HandOverTerms()
    opposite: OppositeTerms = OppositeTerms()
    direct: DirectTerms = DirectTerms()
    replay: ReplayTerms = ReplayTerms()
    order_millibits: Annotated[int, Field(ge=0, le=100_000)] = 10_000
    pair_budget: Annotated[int, Field(ge=1, le=1_000_000_000)] = 10_000_000
    family_clip_millibits: Annotated[int, Field(ge=1, le=100_000)] = 12_000
    unilateral_clip_millibits: Annotated[int, Field(ge=0, le=100_000)] = 4_000
    strong_millibits: Annotated[int, Field(ge=1, le=100_000)] = 5_000
    resolution_millibits: Annotated[int, Field(ge=0, le=20_000)] = 250
    score_scale_millibits: Annotated[int, Field(ge=1, le=100_000)] = 8_000
    least_membership: Annotated[float, Field(ge=0, le=1)] = 0.1
    flag_score: Annotated[float, Field(gt=0, lt=1)] = 0.5
    model_probability: Annotated[float, Field(gt=0, lt=1)] = 0.95
    model: ModelTerms = ModelTerms()
    leads: Annotated[int, Field(ge=0, le=1_000)] = 5


DEFAULT_TEXT: Final = """\
# Costs, caps and thresholds of the detection. Weights are in millibits of rarity: a value that
# d of N owners hold weighs log2(N/d) bits less its cost; more than `cap` holders make it a hub.
# two_sided: the sharing needs an act or a secret of both; anything else is weak evidence.
family_clip_millibits = 12000
unilateral_clip_millibits = 4000
strong_millibits = 5000
resolution_millibits = 250
score_scale_millibits = 8000
least_membership = 0.1
flag_score = 0.5
model_probability = 0.95
leads = 5
path_hops = 3
order_millibits = 10000
pair_budget = 10000000

# Two-sided only where it is the main device of both, and of most who use it; and of both at once.
[device]
cost_millibits = 2000
cap = 60
two_sided = true
main_bps = 5000
residents_bps = 7500
most_handed = 3

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

# Money over addresses outside. The first and the last stay below strong_millibits: what two banked
# may have come from one employer.
[deposit_origin]
cost_millibits = 3000
cap = 30
two_sided = true
hop_millibits = 1000
most_millibits = 4500

[withdrawal_end]
cost_millibits = 3000
cap = 40
two_sided = true
hop_millibits = 1000
most_millibits = 100000

[funding_chain]
cost_millibits = 3000
cap = 20
two_sided = true
hop_millibits = 1000
most_millibits = 4500

[referral]
cost_millibits = 4000
cap = 80
two_sided = false
most_days = 5
least_close_by = 4

# Beginners brought by one whom several shared addresses or devices join. Always one-sided.
[siblings]
cost_millibits = 2000
cap = 80
least = 4
least_bps = 5000

# These three only add to what else was seen of a pair, and are always one-sided.
[sign_up_burst]
cost_millibits = 6000
hours = 24

[moved]
cost_millibits = 6000
days = 14

[hand_over]
cost_millibits = 4000
days = 14

# From here on pairs are counted against chance, so a cost is seldom needed. two_sided = false makes
# all evidence of a signal weak; true leaves it to what was seen.
[opposite]
cost_millibits = 0
cap = 40
two_sided = true
least = 4
cells = [5, 60, 900]
crowd = 40
size_ratio = 5
most_same_side_bps = 20000
most_open_bps = 2500

[direct]
cost_millibits = 0
cap = 40
two_sided = true
least = 3
neutral_bps = 2000

[replay]
cost_millibits = 0
cap = 40
two_sided = true
least = 4
copied_bps = 3000
echo_minutes = 60
least_lag_hours = 3
# Whether anybody can see who trades what: on a chain, or by a page of leaders to copy. Then whoever
# repeats another may have watched, and repeating is weak. No exchange that keeps its customers'
# trades to itself is so; a file that leaves this line out is read as if it were.
public = false

# When the evidence alone brings a cluster before a moderator. Kinds are counted, not signals:
# orders; main devices; where money went or whence it came; signing up together.
[grounds]
most_bps = 5000
least_owners = 3
least_on_devices = 4
least_brought = 6
household_owners = 5
household_hours = 2
arrival_millibits = 5000
arrival_each_millibits = 1000

# A model is trained on what people decided, and shadowed before it may rule.
[model]
least_decided = 10
least_shadow_detections = 1
most_shadows = 3
"""


def parse_detection_terms(text: str) -> DetectionTerms:
    """Read the terms from TOML; what the text does not name keeps its default.

    Raises:
        DetectionError: Names every key that is wrong, with the value and what is allowed.
    """
    return read_declaration(text, DetectionTerms, name="the detection file", refusal=DetectionError)
