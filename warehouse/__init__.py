"""What we know: events, ledger, cases and runs, in DuckDB and Parquet.

The only package that speaks to DuckDB. It imports none of the others.
"""
