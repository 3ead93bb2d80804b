"""What was known of the clusters of each detection when it was made, kept for training.

A model has to learn from what was known when a case was decided, not from what is known now. So
each detection writes one Parquet file, `traits/<run>.parquet` in the home, and registers its digest
in the transaction that stores the detection. A file that is not registered does not exist.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

import polars as pl

from warehouse.connection import Connection, rows
from warehouse.errors import DetectionError
from warehouse.home import Home
from warehouse.instants import from_stored

HEAD: Final = ("cluster_id", "owners", "score", "by_rules")
"""What stands before the traits: the cluster, its owners (sorted), its score, and what the evidence
alone said of it (`detection.routes.by_rules`)."""


@dataclass(frozen=True)
class TraitFile:
    """The traits of one detection.

    Attributes:
        run_id: Of which detection.
        as_of: Where it stopped looking, aware UTC.
        started_at: When it ran, aware UTC.
        path: From the folder of the home.
        sha256: Of the file.
    """

    run_id: str
    as_of: datetime
    started_at: datetime
    path: str
    sha256: str


def store_traits(home: Home, connection: Connection, run_id: str, traits: pl.DataFrame) -> None:
    """Write the traits of a detection and register them; inside its transaction.

    Args:
        home: The home.
        connection: The warehouse.
        run_id: The detection.
        traits: `HEAD`, then one Float64 column a trait; one row a cluster, by cluster_id.
    """
    path = f"traits/{run_id}.parquet"
    digest = write_frame(traits, home.root / path)
    connection.execute(
        "insert into trait_files values ($1, $2, $3, $4)", [run_id, path, digest, traits.height]
    )


def trait_files(connection: Connection) -> tuple[TraitFile, ...]:
    """Return the files of all detections, the newest of each instant looked at, oldest first."""
    found = rows(
        connection,
        "select t.run_id, d.as_of, d.started_at, t.path, t.sha256 "
        "from trait_files t join detections d on d.run_id = t.run_id "
        "qualify row_number() over (partition by d.as_of order by t.run_id desc) = 1 "
        "order by t.run_id",
    )
    return tuple(
        TraitFile(run_id, from_stored(as_of), from_stored(started_at), path, digest)
        for run_id, as_of, started_at, path, digest in found
    )


def read_traits(home: Home, file: TraitFile) -> pl.DataFrame:
    """Return the traits of a detection, as `store_traits` took them.

    Raises:
        DetectionError: The file is gone, or is not the one that was registered.
    """
    return read_frame(home.root / file.path, file.sha256)


def write_frame(content: pl.DataFrame, path: Path) -> str:
    """Put a frame in place as Parquet, durably, and return the SHA-256 of its bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".unfinished")
    content.write_parquet(unfinished, compression="zstd", statistics=False)
    return put_in_place(unfinished, path)


def put_in_place(unfinished: Path, path: Path) -> str:
    """Bring a file to disk and to its name, and return the SHA-256 of its bytes."""
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
        digest = sha256(file.read()).hexdigest()
    unfinished.replace(path)
    return digest


def read_frame(path: Path, digest: str) -> pl.DataFrame:
    """Return a Parquet file of the home.

    Raises:
        DetectionError: It is gone, or its bytes have another SHA-256.
    """
    return pl.read_parquet(read_bytes(path, digest))


def read_bytes(path: Path, digest: str) -> bytes:
    """Return the bytes of a file of the home.

    Raises:
        DetectionError: It is gone, or its bytes have another SHA-256.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise DetectionError(f"{str(path)!r} is missing; restore it from a backup") from error
    if sha256(content).hexdigest() != digest:
        raise DetectionError(
            f"{str(path)!r} is not the file that was registered; restore it from a backup"
        )
    return content
