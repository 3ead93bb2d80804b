"""Ingest: event files in, registered Parquet files out; what breaks a rule is quarantined.

`ingest_sources` is the whole of it; the steps are told in `warehouse.ingest.taking`.
"""

from warehouse.ingest.summary import FileResult, IngestSummary, Tally
from warehouse.ingest.taking import ingest_sources

__all__ = ["FileResult", "IngestSummary", "Tally", "ingest_sources"]
