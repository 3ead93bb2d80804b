"""Brings a warehouse file up to date: numbered steps, forward only, recorded as they are done."""

from datetime import datetime

from warehouse.connection import Connection, rows, warehouse
from warehouse.errors import HomeError
from warehouse.home import Home
from warehouse.instants import to_stored
from warehouse.statements import names, statement


def bring_up_to_date(home: Home, now: datetime) -> tuple[str, ...]:
    """Apply to a home's warehouse what an earlier Winnow did not know, and name it.

    A warehouse that is up to date is only looked at.

    Args:
        home: The home.
        now: The clock.

    Raises:
        HomeError: The warehouse has had steps that this program does not know.
        WarehouseBusy: Another process held it for too long.
    """
    with warehouse(home, read_only=True) as connection:
        applied = _applied(connection)
    known = set(names("migrations"))
    unknown = sorted(applied - known)
    if unknown:
        raise HomeError(
            f"the warehouse {str(home.warehouse)!r} was made by a later Winnow: this one does not "
            f"know its migration {unknown[0]!r}; use the later one"
        )
    if applied == known:
        return ()
    with warehouse(home) as connection:
        return migrate(connection, now)


def pending(connection: Connection) -> tuple[str, ...]:
    """Return the names of the migrations that this file has not had, in order."""
    applied = _applied(connection)
    return tuple(name for name in names("migrations") if name not in applied)


def migrate(connection: Connection, now: datetime) -> tuple[str, ...]:
    """Apply what is pending, each in one transaction with the record of it, and name it."""
    done = pending(connection)
    for name in done:
        connection.begin()
        connection.execute(statement(name))
        connection.execute("insert into migrations values ($1, $2)", [name, to_stored(now)])
        connection.commit()
    return done


def _applied(connection: Connection) -> set[str]:
    known = rows(
        connection, "select 1 from information_schema.tables where table_name = 'migrations'"
    )
    return {name for (name,) in rows(connection, "select name from migrations")} if known else set()
