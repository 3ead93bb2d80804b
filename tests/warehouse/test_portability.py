"""The roll-up's text survives the way to another engine's dialect and back. No Spark runs here."""

import pytest
import sqlglot
from sqlglot import exp

import warehouse.activity
from tests.warehouse.plain_activity import Plain, large_sample, measured
from warehouse.statements import statement

ROLL_UP = "activity/fills"
WIDE = exp.DataType.build("INT128", dialect="duckdb")
WIDE_IN_SPARK = exp.DataType.build("DECIMAL(38, 0)", dialect="spark")


def exchange(tree: exp.Expr, before: exp.DataType, after: exp.DataType) -> exp.Expr:
    return tree.transform(lambda node: after.copy() if node == before else node)


def to_spark(sql: str) -> str:
    """Return Spark's text. Spark has no 128-bit integer; its widest decimal holds as much here."""
    tree = exchange(sqlglot.parse_one(sql, read="duckdb"), WIDE, WIDE_IN_SPARK)
    return tree.sql(dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE, comments=False)


def from_spark(sql: str) -> str:
    tree = exchange(sqlglot.parse_one(sql, read="spark"), WIDE_IN_SPARK, WIDE)
    return tree.sql(dialect="duckdb", unsupported_level=sqlglot.ErrorLevel.RAISE)


def test_the_roll_up_uses_nothing_that_only_duckdb_knows() -> None:
    text = to_spark(statement(ROLL_UP))
    tree = sqlglot.parse_one(text, read="spark")
    assert not list(tree.find_all(exp.Anonymous)), "a function passed through untranslated"
    assert not [kind for kind in tree.find_all(exp.DataType) if kind.is_type("int128")]
    (proposal,) = tree.find_all(exp.Div)
    operands = (proposal.this.this, proposal.this.expression, proposal.expression)
    assert all(operand.is_type("double") for operand in operands), "a plain division is inexact"
    assert len([kind for kind in tree.find_all(exp.DataType) if kind.is_type("double")]) == 3
    for name in ("read_parquet", "HUGEINT", "&&", "LIST_", "ANTI JOIN", "GROUP BY ALL"):
        assert name.lower() not in text.lower()


def test_the_roll_up_gives_the_same_rows_after_the_way_to_spark_and_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sample = large_sample(11)
    there_and_back = from_spark(to_spark(statement(ROLL_UP)))
    texts = {ROLL_UP: there_and_back}
    monkeypatch.setattr(
        warehouse.activity, "statement", lambda name: texts.get(name) or statement(name)
    )
    assert measured(sample) == Plain(sample).values()
