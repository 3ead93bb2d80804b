"""How the synthetic truth is read: who is a farm, who follows a playbook, who belongs together.

Everything that tells farms from others reads it from here: the moderators, the appeals and the
scoring.
"""

from typing import Final

import polars as pl

PLAYBOOK: Final = "A15"  # strangers who follow one playbook: no operator, so no farm, but a group
HONEST: Final = "honest"  # people who share nothing
SYSTEM: Final = "system"  # the exchange's own accounts: nobody's

IN_PLAYBOOK: Final = pl.col("pattern") == PLAYBOOK
ACTS_TOGETHER: Final = pl.col("farm") | IN_PLAYBOOK
"""Whether an account is of a farm or of a group with a playbook: what a human has to see."""
UNIT: Final = pl.when(IN_PLAYBOOK).then("group_id").otherwise("operator_id")
"""Who decides for an account: its operator; of a playbook's strangers the group."""
