"""The six kinds of event file: their columns, keys and rules (docs/design.md, section 4).

This is the input contract. Ingest validates against it, the simulator writes by it, and the
registered Parquet files have exactly the `stored` columns.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Rule(StrEnum):
    """What a source column has to hold."""

    ID = "id"  # 1 to 128 printable characters
    TEXT = "text"  # at most 1,024 printable characters
    INSTANT = "instant"  # UTC timestamp with offset or Z
    USD = "usd"  # decimal, at most 14 digits before and 10 behind the point are kept
    QUANTITY = "quantity"  # positive decimal, at most 26 before and 12 behind the point
    LEVEL = "level"  # whole number from 0 to 99
    COUNTRY = "country"  # two capital letters (ISO 3166-1 alpha-2)
    CHOICE = "choice"  # one of `choices`
    IP = "ip"  # IPv4 or IPv6 address; stored as two HMACs
    DEVICE = "device"  # 1 to 512 characters; stored as HMAC
    PRIVATE = "private"  # at most 1,024 characters; stored in home/private/ alone


USD_BOUND: Final = "100000000000000"  # 10^14: 14 digits before the point
FEE_BOUND: Final = "100000000"  # 10^8

STORED_TYPES: Final[dict[Rule, str]] = {
    Rule.ID: "VARCHAR",
    Rule.TEXT: "VARCHAR",
    Rule.INSTANT: "TIMESTAMP",
    Rule.USD: "DECIMAL(28,10)",
    Rule.QUANTITY: "DECIMAL(38,12)",
    Rule.LEVEL: "UTINYINT",
    Rule.COUNTRY: "VARCHAR",
    Rule.CHOICE: "VARCHAR",
    Rule.DEVICE: "VARCHAR",
}


@dataclass(frozen=True)
class Column:
    """One column of a source file.

    Attributes:
        name: As in the header of the source.
        rule: What the column has to hold.
        required: Whether every row must have a value.
        choices: The allowed values of a `Rule.CHOICE`.
        minimum: Smallest allowed amount of a `Rule.USD`, as text; None means any sign.
        maximum: An amount of a `Rule.USD` has to lie nearer to zero than this, as text. The bound
            of fees is low enough for the product of two of them to fit 128 bits.
        default: Value that stands in where a source gives none.
        default_from: Column whose value stands in where a source gives none.
    """

    name: str
    rule: Rule
    required: bool = True
    choices: tuple[str, ...] = ()
    minimum: str | None = None
    maximum: str = USD_BOUND
    default: str | None = None
    default_from: str | None = None


@dataclass(frozen=True)
class EventKind:
    """One kind of event file.

    Attributes:
        name: Also the folder name under `home/events/`.
        key: Columns that identify a row; the same key with other content is a conflict.
        instant: Column by whose UTC day the event is filed.
        columns: In the order in which they are stored.
    """

    name: str
    key: tuple[str, ...]
    instant: str
    columns: tuple[Column, ...]

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that a source must have."""
        return tuple(column.name for column in self.columns if column.required)

    def stored(self) -> tuple[tuple[str, str], ...]:
        """Names and DuckDB types of the columns in a registered Parquet file.

        An address becomes `ip_hmac` and `network_hmac` (its /24 or /48), a device `device_hmac`;
        private columns are left out.
        """
        pairs: list[tuple[str, str]] = []
        for column in self.columns:
            if column.rule is Rule.IP:
                pairs += [("ip_hmac", "VARCHAR"), ("network_hmac", "VARCHAR")]
            elif column.rule is Rule.DEVICE:
                pairs.append(("device_hmac", "VARCHAR"))
            elif column.rule is not Rule.PRIVATE:
                pairs.append((column.name, STORED_TYPES[column.rule]))
        return tuple(pairs)


ACCOUNT_KINDS: Final = ("retail", "institution", "market_maker", "system")
PRODUCTS: Final = ("spot", "perp", "equity")
SIDES: Final = ("buy", "sell")
BALANCE_KINDS: Final = ("lent", "borrowed", "collateral", "position")
TRANSFER_KINDS: Final = ("deposit", "withdrawal", "internal", "onchain")

ACCOUNTS: Final = EventKind(
    name="accounts",
    key=("account_id", "changed_at"),
    instant="changed_at",
    columns=(
        Column("account_id", Rule.ID),
        Column("opened_at", Rule.INSTANT),
        Column("changed_at", Rule.INSTANT, required=False, default_from="opened_at"),
        Column("owner_id", Rule.ID, required=False, default_from="account_id"),
        Column("kind", Rule.CHOICE, required=False, choices=ACCOUNT_KINDS, default="retail"),
        Column("country", Rule.COUNTRY, required=False),
        Column("kyc_level", Rule.LEVEL, required=False),
        Column("declared_group", Rule.ID, required=False),
    ),
)
REFERRALS: Final = EventKind(
    name="referrals",
    key=("referral_id",),
    instant="ts",
    columns=(
        Column("referral_id", Rule.ID),
        Column("ts", Rule.INSTANT),
        Column("referrer_id", Rule.ID),
        Column("referee_id", Rule.ID),
        Column("code", Rule.TEXT, required=False),
    ),
)
FILLS: Final = EventKind(
    name="fills",
    key=("fill_id",),
    instant="ts",
    columns=(
        Column("fill_id", Rule.ID),
        Column("ts", Rule.INSTANT),
        Column("market", Rule.ID),
        Column("product", Rule.CHOICE, choices=PRODUCTS),
        Column("maker_id", Rule.ID),
        Column("taker_id", Rule.ID),
        Column("taker_side", Rule.CHOICE, choices=SIDES),
        Column("price", Rule.QUANTITY),
        Column("quantity", Rule.QUANTITY),
        Column("notional_usd", Rule.USD, minimum="0"),
        Column("maker_fee_usd", Rule.USD, maximum=FEE_BOUND),
        Column("taker_fee_usd", Rule.USD, maximum=FEE_BOUND),
        Column("referral_paid_usd", Rule.USD, required=False, minimum="0", maximum=FEE_BOUND),
        Column("realised_pnl_maker_usd", Rule.USD, required=False),
        Column("realised_pnl_taker_usd", Rule.USD, required=False),
        Column("busts", Rule.ID, required=False),
    ),
)
BALANCES: Final = EventKind(
    name="balances",
    key=("snapshot_id",),
    instant="ts",
    columns=(
        Column("snapshot_id", Rule.ID),
        Column("ts", Rule.INSTANT),
        Column("account_id", Rule.ID),
        Column("kind", Rule.CHOICE, choices=BALANCE_KINDS),
        Column("asset", Rule.ID),
        Column("amount_usd", Rule.USD),
    ),
)
TRANSFERS: Final = EventKind(
    name="transfers",
    key=("transfer_id",),
    instant="ts",
    columns=(
        Column("transfer_id", Rule.ID),
        Column("ts", Rule.INSTANT),
        Column("source", Rule.ID),
        Column("destination", Rule.ID),
        Column("asset", Rule.ID),
        Column("amount", Rule.QUANTITY),
        Column("amount_usd", Rule.USD, required=False, minimum="0"),
        Column("tx_hash", Rule.ID, required=False),
        Column("kind", Rule.CHOICE, required=False, choices=TRANSFER_KINDS),
    ),
)
LOGINS: Final = EventKind(
    name="logins",
    key=("login_id",),
    instant="ts",
    columns=(
        Column("login_id", Rule.ID),
        Column("ts", Rule.INSTANT),
        Column("account_id", Rule.ID),
        Column("ip", Rule.IP, required=False),
        Column("device_id", Rule.DEVICE, required=False),
        Column("user_agent", Rule.PRIVATE, required=False),
    ),
)

KINDS: Final = (ACCOUNTS, REFERRALS, FILLS, BALANCES, TRANSFERS, LOGINS)
KIND_BY_NAME: Final[dict[str, EventKind]] = {kind.name: kind for kind in KINDS}
