"""Turns the input contract (warehouse.schemas) into the one query that stages a source.

This is the one place where ingest composes SQL, since six kinds times three formats differ in
nothing but their columns. Only names and bounds from the schemas are written into it, never
anything that came from a source. What a rule means is said in sql/ingest/rules.sql.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from warehouse.schemas import STORED_TYPES, Column, EventKind, Rule

# Longest allowed values, in characters.
LENGTHS: Final = {
    Rule.ID: 128,
    Rule.TEXT: 1_024,
    Rule.DEVICE: 512,
    Rule.PRIVATE: 1_024,
    Rule.IP: 45,
}
MISSING: Final = "missing"
NO_ADDRESS: Final = "not an IPv4 or IPv6 address"
_RAW_RULES: Final = (Rule.IP, Rule.DEVICE, Rule.PRIVATE)  # staged as stated, hidden afterwards
_AMOUNTS: Final = (Rule.USD, Rule.QUANTITY)
_KEPT_DIGITS: Final = {Rule.USD: 10, Rule.QUANTITY: 12}
_WHOLE_DIGITS: Final = {Rule.USD: 14, Rule.QUANTITY: 26}


@dataclass(frozen=True)
class Arrival:
    """How one column comes out of a source.

    Attributes:
        value: SQL of its value.
        text: Whether that is text, to be read by the macros, or has its type already.
        json_type: SQL of its JSON type; None outside of NDJSON.
    """

    value: str
    text: bool = True
    json_type: str | None = None


@dataclass(frozen=True)
class Breach:
    """One way to break a rule.

    Attributes:
        column: The column that breaks it; None for the row as a whole.
        reason: For people; it never holds the value.
        condition: SQL that is true for a row that does; null counts as false.
    """

    column: str | None
    reason: str
    condition: str


@dataclass(frozen=True)
class StageQuery:
    """The query that stages rows, and what its codes in `broken` mean (from 1).

    The query selects from the relation `arrived`, which the caller puts in front of it.
    """

    sql: str
    breaches: tuple[Breach, ...]


def staged_columns(kind: EventKind) -> tuple[tuple[str, str], ...]:
    """Return (name, type) of the columns of the stage table that hold a kind's own values."""
    return tuple(
        (column.name, "VARCHAR" if column.rule in _RAW_RULES else STORED_TYPES[column.rule])
        for column in kind.columns
    )


def stage_table(kind: EventKind) -> str:
    """Return the statement that makes the empty stage table of a kind."""
    own = ", ".join(f'"{name}" {type_}' for name, type_ in staged_columns(kind))
    return (
        "create or replace table stage (line bigint, broken utinyint, cuts utinyint, day date, "
        f"late boolean, digest ubigint, {own})"
    )


def stage_query(
    kind: EventKind, arrivals: Mapping[str, Arrival], shapes: tuple[str, ...]
) -> StageQuery:
    """Return the query that checks and types the rows of a source.

    Args:
        kind: The event kind.
        arrivals: For each column that the source has, how it comes.
        shapes: What the values 1, 2, ... of the source's column `trouble` mean.
    """
    breaches = tuple(
        Breach(None, reason, f"trouble = {code}") for code, reason in enumerate(shapes, start=1)
    )
    for column in kind.columns:
        arrival = arrivals.get(column.name)
        if arrival is not None:
            breaches += _breaches(column, arrival)
    cases = " ".join(f"when {b.condition} then {code}" for code, b in enumerate(breaches, 1))
    raw = ", ".join(_raw(column, arrivals.get(column.name)) for column in kind.columns)
    typed = ", ".join(_typed(column, arrivals.get(column.name)) for column in kind.columns)
    final = ", ".join(f'{_with_default(column)} as "{column.name}"' for column in kind.columns)
    sql = f"""
        raw_values as (select line, trouble, {raw} from arrived),
        spelled as (select *, {_unprintable(kind)} as unprintable from raw_values),
        typed_values as (select *, {typed} from spelled),
        judged as (select *, case {cases} end as broken, {_cuts(kind, arrivals)} as cuts
                   from typed_values),
        filled as (select line, broken, cuts, {final} from judged)
        select *, "{kind.instant}"::date as day,
               coalesce("{kind.instant}" < $closed_until, false) as late,
               {digest(kind)} as digest
        from filled
    """
    return StageQuery(sql, breaches)


def digest(kind: EventKind) -> str:
    """Return the SQL of a number that equal keys of one day share; few others do."""
    return f'hash("{kind.instant}"::date, {_quoted(kind.key)})'


def key_struct(kind: EventKind) -> str:
    """Return the SQL of what identifies a row: its day and its key."""
    pairs = ", ".join(f"'{name}': \"{name}\"" for name in kind.key)
    return f"{{'day': \"{kind.instant}\"::date, {pairs}}}"


def content_struct(kind: EventKind) -> str:
    """Return the SQL of everything that is stored of a row."""
    return "{" + ", ".join(f"'{name}': \"{name}\"" for name, _ in kind.stored()) + "}"


def stored_list(kind: EventKind) -> str:
    """Return the SQL list of the stored columns, in order."""
    return _quoted(name for name, _ in kind.stored())


def order_list(kind: EventKind) -> str:
    """Return the SQL list of the columns that give the rows of one day their fixed order."""
    return _quoted(dict.fromkeys((kind.instant, *kind.key)))


def _quoted(names: object) -> str:
    return ", ".join(f'"{name}"' for name in names)  # type: ignore[attr-defined]


def _raw(column: Column, arrival: Arrival | None) -> str:
    if arrival is None:
        return f'null::varchar as "raw {column.name}"'
    value = f"nullif({arrival.value}, '')" if arrival.text else arrival.value
    json_type = f', {arrival.json_type} as "json {column.name}"' if arrival.json_type else ""
    return f'{value} as "raw {column.name}"{json_type}'


def _typed(column: Column, arrival: Arrival | None) -> str:
    text = arrival is None or arrival.text
    raw = f'"raw {column.name}"'
    match column.rule:
        case Rule.INSTANT:
            value = f"instant({raw})" if text else f"microseconds({raw})"
        case Rule.USD:
            value = f"usd({raw})" if text else f"try_cast({raw} as decimal(28,10))"
        case Rule.QUANTITY:
            value = f"quantity({raw})" if text else f"try_cast({raw} as decimal(38,12))"
        case Rule.LEVEL:
            pattern = f"regexp_full_match({raw}, '[0-9]{{1,2}}')"
            value = f"case when {pattern} then {raw}::utinyint end" if text else _small(raw)
        case _:
            value = raw
    return f'{value} as "{column.name}"'


def _small(raw: str) -> str:
    return f"case when {raw} between 0 and 99 then {raw}::utinyint end"


def _with_default(column: Column) -> str:
    name = f'"{column.name}"'
    if column.default_from is not None:
        return f'coalesce({name}, "{column.default_from}")'
    return f"coalesce({name}, '{column.default}')" if column.default is not None else name


def _breaches(column: Column, arrival: Arrival) -> tuple[Breach, ...]:
    raw, name = f'"raw {column.name}"', f'"{column.name}"'
    found: list[tuple[str, str]] = []
    if column.required:
        found.append((MISSING, f"{raw} is null"))
    if arrival.json_type is not None:
        found.append(_wrong_json(column))
    match column.rule:
        case Rule.USD | Rule.QUANTITY:
            found += _amount_breaches(column, arrival, raw, name)
        case Rule.INSTANT:
            found += _instant_breaches(arrival, raw, name)
        case _:
            found += _word_breaches(column, raw, name)
    return tuple(Breach(column.name, reason, condition) for reason, condition in found)


def _wrong_json(column: Column) -> tuple[str, str]:
    name = f'"json {column.name}"'
    if column.rule in (*_AMOUNTS, Rule.LEVEL):
        return (
            "a JSON number with a point or exponent, or no number; write it as a string",
            f"{name} not in ('VARCHAR', 'UBIGINT', 'BIGINT', 'NULL')",
        )
    return "not a JSON string", f"{name} not in ('VARCHAR', 'NULL')"


def _amount_breaches(
    column: Column, arrival: Arrival, raw: str, name: str
) -> list[tuple[str, str]]:
    digits = _WHOLE_DIGITS[column.rule]
    too_large = (
        f"more than {digits} digits before the point",
        f"{raw} is not null and {name} is null",
    )
    found = (
        [("not a plain decimal such as '-12.5'", f"not is_decimal({raw})")] if arrival.text else []
    )
    found.append(too_large)
    if column.rule is Rule.QUANTITY:
        kept = _KEPT_DIGITS[column.rule]
        return [*found, (f"not above zero at {kept} digits behind the point", f"{name} <= 0")]
    found.append((f"not between -{column.maximum} and {column.maximum}", _beyond(column, name)))
    if column.minimum is not None:
        found.append((f"less than {column.minimum}", f"{name} < {column.minimum}"))
    return found


def _beyond(column: Column, name: str) -> str:
    return f"abs({name}) >= {column.maximum}::decimal(28,10)"


def _instant_breaches(arrival: Arrival, raw: str, name: str) -> list[tuple[str, str]]:
    found = [
        ("not a timestamp such as '2006-01-02T15:04:05Z'", f"{raw} is not null and {name} is null"),
        ("before the year 2000 or after 2199", f"not is_sane({name})"),
    ]
    if arrival.text:
        zone = f"has_date_and_time({raw}) and not has_zone({raw})"
        found.insert(
            0, ("a timestamp without zone; add Z or an offset", f"{name} is null and {zone}")
        )
    return found


def _word_breaches(column: Column, raw: str, name: str) -> list[tuple[str, str]]:
    match column.rule:
        case Rule.ID | Rule.TEXT:
            return _printable(column.name, raw, LENGTHS[column.rule])
        case Rule.LEVEL:
            breach = ("not a whole number from 0 to 99", f"{raw} is not null and {name} is null")
        case Rule.COUNTRY:
            pattern = f"not regexp_full_match({raw}, '[A-Z]{{2}}')"
            breach = ("not two capital letters (ISO 3166-1)", pattern)
        case Rule.CHOICE:
            choices = ", ".join(f"'{choice}'" for choice in column.choices)
            breach = (f"not one of {', '.join(column.choices)}", f"{raw} not in ({choices})")
        case Rule.IP:
            breach = (NO_ADDRESS, f"length({raw}) > {LENGTHS[column.rule]}")
        case _:
            most = LENGTHS[column.rule]
            breach = (f"longer than {most} characters", f"length({raw}) > {most}")
    return [breach]


def _unprintable(kind: EventKind) -> str:
    """Return the SQL of the name of the first column that holds what is not printable, else null.

    All of a row's words share one look at the Unicode classes, whose pattern takes 8 ms to
    prepare; most rows are plain ASCII and never need it.
    """
    words = [column.name for column in kind.columns if column.rule in (Rule.ID, Rule.TEXT)]
    plain = " and ".join(f'coalesce(is_plain("raw {name}"), true)' for name in words)
    pairs = ", ".join(f"{{'name': '{name}', 'value': \"raw {name}\"}}" for name in words)
    first = f"list_filter([{pairs}], lambda word: not is_printable(word.value))[1].name"
    return f"case when {plain} then null else {first} end"


def _printable(name: str, raw: str, most: int) -> list[tuple[str, str]]:
    reason = (
        f"not 1 to {most} printable characters without a space at either end "
        "and without = + - @ in front"
    )
    return [(reason, f"length({raw}) > {most} or unprintable = '{name}'")]


def _cuts(kind: EventKind, arrivals: Mapping[str, Arrival]) -> str:
    terms = ["0"]
    for column in kind.columns:
        arrival = arrivals.get(column.name)
        if column.rule in _AMOUNTS and arrival is not None and arrival.text:
            macro = f'loses_{column.rule.value}_digits("raw {column.name}")'
            terms.append(f"coalesce({macro}, false)::utinyint")
    return f"({' + '.join(terms)})::utinyint"
