"""Puts HMACs in the place of addresses and devices, so that files can be shared and compared.

The same value gives the same HMAC under one home's key, so analysts can count and join on it; who
has no key cannot go back, and cannot try addresses one by one. A prefix for each kind of value
keeps an address from ever equalling a device.
"""

import hmac
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

import pyarrow as pa

from warehouse.connection import Connection, rows
from warehouse.statements import statement

_V4_PREFIX: Final = 24
_V6_PREFIX: Final = 48
_BATCH: Final = 200_000

Hidden = tuple[str | None, ...]


def hide(key: bytes, domain: str, value: str) -> str:
    """Return HMAC-SHA256 of a value in its domain ('ip', 'network' or 'device'), in hexadecimal."""
    return hmac.digest(key, f"{domain}\0{value}".encode(), "sha256").hex()


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a text names, an IPv4-mapped one as IPv4; None if it names none."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return None if address.scope_id else (address.ipv4_mapped or address)
    return address


def network_of(address: IPv4Address | IPv6Address) -> str:
    """Return the /24 of an IPv4 address or the /48 of an IPv6 one, as text."""
    prefix = _V4_PREFIX if address.version == 4 else _V6_PREFIX
    return str(ip_network((address, prefix), strict=False))


def pseudonymise(connection: Connection, key: bytes, no_address_code: int) -> None:
    """Add `ip_hmac`, `network_hmac` and `device_hmac` to the staged logins.

    Works on distinct values, in batches, so that memory stays bounded.
    """
    _name_all(connection, "ip", ("ip_hmac", "network_hmac"), lambda text: _address(key, text))
    _name_all(connection, "device_id", ("device_hmac",), lambda text: (hide(key, "device", text),))
    connection.execute(statement("ingest/pseudonyms_join"), {"no_address": no_address_code})
    connection.execute(statement("ingest/pseudonyms_swap"))


def _address(key: bytes, text: str) -> Hidden:
    address = parse_address(text)
    if address is None:
        return None, None
    return hide(key, "ip", str(address)), hide(key, "network", network_of(address))


def _name_all(
    connection: Connection, column: str, names: tuple[str, ...], name: Callable[[str], Hidden]
) -> None:
    table = "addresses" if column == "ip" else "devices"
    columns = ", ".join(f"{each} varchar" for each in names)
    connection.execute(f"create or replace temp table {table} (value varchar, {columns})")
    connection.execute(
        f'create or replace temp table distinct_values as select distinct "{column}" as value '
        f'from stage where broken is null and "{column}" is not null'
    )
    for values in _batches(connection):
        hidden = [name(value) for value in values]
        batch = {"value": pa.array(values, pa.string())}
        for index, each in enumerate(names):
            batch[each] = pa.array([row[index] for row in hidden], pa.string())
        connection.register("named", pa.table(batch))
        connection.execute(f"insert into {table} select * from named")
        connection.unregister("named")


def _batches(connection: Connection) -> Iterable[list[str]]:
    (count,) = rows(connection, "select count(*) from distinct_values")[0]
    for start in range(0, count, _BATCH):
        found = rows(
            connection,
            "select value from distinct_values where rowid >= $1 and rowid < $2",
            [start, start + _BATCH],
        )
        yield [value for (value,) in found]
