"""Brings a warehouse file up to date: numbered steps, forward only, recorded as they are done."""

from datetime import datetime

from warehouse.connection import Connection, rows
from warehouse.instants import to_stored
from warehouse.statements import names, statement


def pending(connection: Connection) -> tuple[str, ...]:
    """Return the names of the migrations that this file has not had, in order."""
    known = rows(
        connection, "select 1 from information_schema.tables where table_name = 'migrations'"
    )
    applied = {name for (name,) in rows(connection, "select name from migrations")} if known else ()
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
