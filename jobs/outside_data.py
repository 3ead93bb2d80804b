"""Reads data that others have published, by column, for the evaluations."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from warehouse.errors import SourceRefused


def read_columns(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    """Return some columns of a Parquet file, or of a CSV file as text, plain or compressed.

    Raises:
        SourceRefused: The file is missing, is no such file, or lacks a column.
    """
    is_parquet = path.suffix == ".parquet"
    try:
        frame = pl.read_parquet(path) if is_parquet else pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SourceRefused(
            f"{path.name!r} is missing in {str(path.parent)!r}, or is no "
            f"{'Parquet' if is_parquet else 'CSV'} file; "
            "point --data at the folder of the published files"
        ) from error
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise SourceRefused(f"{path.name!r} lacks the columns {', '.join(missing)}")
    return frame.select(columns)
