"""What is said of each signal: what was seen, how rare that is, what would have to be false.

Values stand as the first digits of their hashes; no address and no device can be read from them. A
signal that is not named here is refused with a KeyError: nobody is judged by what has no words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from detection.fusion import ARRIVAL, MONEY, ORDERS, PLACE

HASH_DIGITS: Final = 8
KIND_OF: Final[Mapping[str, str]] = {
    **dict.fromkeys(PLACE, "place"),
    **dict.fromkeys(MONEY, "money"),
    **dict.fromkeys(ORDERS, "orders"),
    **dict.fromkeys(ARRIVAL, "arrival"),
}
# Signals that say one thing of many pairs: told once, not once a pair.
TOLD_ONCE: Final = ("sign_up_burst", "moved", "hand_over")


@dataclass(frozen=True)
class Words:
    """What is said of one signal.

    Attributes:
        said: What was seen of owners, after their names; {value} is the digits of the hash.
        of_many: The same of more than two owners, where it differs.
        rare: How rare it is; {holders} is how many owners hold it, {others} one less.
        usual: What is usual, where a median is known; {median} is it.
        norm: The signal whose median is meant.
    """

    said: str
    rare: str
    usual: str = ""
    of_many: str = ""
    norm: str = ""


def _shared(said: str, thing: str, *, of_many: str = "", norm: str = "") -> Words:
    """Return the words for a value that several owners hold."""
    usual = f"; the median {thing}: {{median}}"
    return Words(said, f"this {thing}: {{holders}} owners", usual, of_many, norm)


def _partners(said: str) -> Words:
    """Return the words for what is counted by the pair."""
    rare = "the busier of the two has {others} such partners"
    return Words(said, rare, "; the median owner: {median}")


WORDS: Final[Mapping[str, Words]] = {
    "device": _shared("logged in from device {value}", "device"),
    "network": _shared(
        "were at network address {value} in the same hour",
        "network address",
        of_many="were at network address {value} in the same hour as another of them",
    ),
    "home": _shared(
        "logged in from network address {value} much of the time",
        "network address",
        norm="network",
    ),
    "withdrawal_destination": _shared("sent funds to address {value}", "destination"),
    "deposit_source": _shared("received funds from address {value}", "source"),
    "deposit_origin": _shared(
        "paid in funds that had come from address {value}", "origin", norm="deposit_source"
    ),
    "withdrawal_end": _shared(
        "withdrew funds that went on to address {value}", "end", norm="withdrawal_destination"
    ),
    "direct_transfer": _partners("had transfers between them"),
    "funding_chain": _partners("had funds pass between them over addresses outside"),
    "opposite": _partners("took opposite sides of one market at the same time"),
    "counterparty": _partners("answered one another's orders"),
    "ring": _partners("answered one another's orders in a circle and ended about where they began"),
    "replay": _partners(
        "opened the same rare sequences of positions, or the same positions always as much later"
    ),
    "referral": Words(
        "are a referrer and beginners whom it brought",
        "the referrer brought {others} owners",
        "; the median referrer: {median}",
    ),
    "siblings": Words(
        "were brought by one referrer, as were others who share addresses or devices",
        "the referrer brought {holders} who share some",
    ),
    "sign_up_burst": Words(
        "signed up at the same time",
        "{holders} owners signed up from the first of two of them to the last",
        "; on the median day: {median}",
        of_many="signed up at the same time as another of them",
    ),
    "moved": Words(
        "came into one country at the same time",
        "{holders} owners moved there from the first of two of them to the last",
        of_many="came into one country at the same time as another of them",
    ),
    "hand_over": Words(
        "have accounts whose device, country and destination changed together",
        "of {holders} owners an account changed hands",
    ),
}
MUST_BE_FALSE: Final[Mapping[str, str]] = {
    "device": "that the shared devices changed hands, or are used by several people who each have "
    "an account of their own",
    "network": "that the owners live, work or travel at one place",
    "funding": "that the shared addresses belong to somebody who serves many, a merchant or a "
    "service say, or that the owners know and pay one another",
    "referral": "that the referrer has an audience, and that many of it only try what is offered",
    "lifecycle": "that an offer brought the owners at that time, or that accounts were recovered "
    "after a theft",
    "opposite": "that the owners trade on the same news with opposite views, or by the same clock",
    "direct": "that the owners are most of what is traded in these markets at these hours",
    "replay": "that the owners run the same public programme, or follow the same advice",
}
# The innocent reading of each signal, were it all there is.
READING_OF: Final[Mapping[str, str]] = {
    "device": "a public device: a kiosk, an internet café, a shop that sets up phones",
    "network": "people who live, work or travel at one place",
    "home": "people who live or work under one roof",
    "withdrawal_destination": "customers of one service whose address is not known to be shared by "
    "many",
    "withdrawal_end": "customers of one service whose address is not known to be shared by many",
    "deposit_source": "people who are paid by one employer, or who bought from one merchant",
    "deposit_origin": "people who are paid by one employer, or who bought from one merchant",
    "direct_transfer": "people who know and pay one another",
    "funding_chain": "people who know and pay one another",
    "opposite": "traders with opposite views who act on the same news",
    "counterparty": "the few regular traders of a thin market",
    "ring": "the few regular traders of a thin market",
    "replay": "users of one public trading programme with its usual settings",
    "referral": "somebody with an audience, and those of it who tried what was offered",
    "siblings": "couples and families who all heard of it from one person",
    "sign_up_burst": "people whom one offer brought on one day",
    "moved": "people of one family or firm who moved together",
    "hand_over": "people who moved and got their accounts back after a theft",
}
