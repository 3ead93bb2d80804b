"""What was observed of one owner, in words that owner may read.

The words are general on purpose: no value, no number, no date, no other account, and nothing that
shows where a line is drawn. What others did is their own affair, and a sentence that says how it
was seen teaches how not to be seen.
"""

from typing import Final

import polars as pl

LOOKED_AT_TOGETHER: Final = (
    "Your account was looked at together with at least one other account that it is connected with."
)
# Most telling first; the order in which a notice names them.
PATTERNS: Final = (
    ("device", "Your account was used on a device on which at least one other account was used."),
    (
        "withdrawal_destination",
        "Funds from your account went to the same place as funds from at least one other account.",
    ),
    (
        "withdrawal_end",
        "Funds from your account went to the same place as funds from at least one other account.",
    ),
    (
        "funding_chain",
        "Funds from your account came to at least one other account, or the other way round.",
    ),
    (
        "deposit_origin",
        "Funds reached your account from the same place as those of at least one other account.",
    ),
    ("direct_transfer", "Funds were sent between your account and at least one other account."),
    ("ring", "Your account traded in a circle with at least two other accounts."),
    ("counterparty", "Your account traded with at least one other account again and again."),
    (
        "opposite",
        "Your account and at least one other account took opposite sides at the same time.",
    ),
    ("replay", "Your account and at least one other account traded in the same way."),
    (
        "deposit_source",
        "Funds reached your account from the same place as those of at least one other account.",
    ),
    (
        "network",
        "Your account was used on a network on which at least one other account was used.",
    ),
    ("home", "Your account was used on a network on which at least one other account was used."),
    ("referral", "Your account and at least one other account are connected by a referral."),
    ("siblings", "Your account and at least one other account are connected by a referral."),
    ("sign_up_burst", "Your account was opened at about the same time as another account."),
    ("moved", "Your account came to be used in another way than before."),
    ("hand_over", "Your account came to be used in another way than before."),
)


def observed_patterns(evidence: pl.DataFrame, owner_id: str) -> tuple[str, ...]:
    """Return what was observed of one owner, one sentence a pattern.

    Evidence that others could have brought about alone is told only where there is no other. Where
    none touches the owner (an account that passed on, say), it is said that it was looked at.

    Args:
        evidence: At least signal, two_sided, owner_a and owner_b; that of a case.
        owner_id: Whose notice it is; evidence between others stays out.
    """
    touching = evidence.filter((pl.col("owner_a") == owner_id) | (pl.col("owner_b") == owner_id))
    strong = set(touching.filter("two_sided")["signal"].to_list())
    told = strong or set(touching["signal"].to_list())
    words = dict.fromkeys(words for signal, words in PATTERNS if signal in told)
    return tuple(words) or (LOOKED_AT_TOGETHER,)
