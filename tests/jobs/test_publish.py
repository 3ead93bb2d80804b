"""What is published agrees with the leaderboard and holds nothing that has to stay in the house."""

import base64
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from jobs.formula import seal
from jobs.issue import issue
from jobs.points import leaderboard
from jobs.publish import publish, season_frames
from jobs.reveal import reveal
from jobs.season_files import load_seasons
from seasons.calendar import find_week
from seasons.proofs import entries_sha256
from seasons.terms import Terms
from warehouse.connection import rows, transaction, warehouse
from warehouse.ingest.taking import ingest_sources
from warehouse.ledger import ENTRY_SCHEMA, StoredBatch, store_batch
from warehouse.records import Batch

NOW = datetime(2025, 4, 1, tzinfo=UTC)
ADDRESS, DEVICE, AGENT = "203.0.113.77", "device-of-ada-4711", "Mozilla/5.0 (planted)"
ADDRESS_V6 = "2001:db8:85a3::8a2e:370:7334"
BROKEN_ID, BROKEN_TEXT = "planted-in-quarantine", "not-an-address-but-private"
FORMULA = """
[[pool]]
name = "planted-pool-perpetuals"
share_bps = 6137
measure = "perp_notional_usd"
curve = { kind = "power", tenths = 7 }
minimum = "7654321"
[[pool]]
name = "planted-pool-fees"
share_bps = 3863
measure = "net_fees_usd"
curve = { kind = "linear" }
"""


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    """Source files with secrets in every place where one may lie."""
    folder = tmp_path / "feed"
    folder.mkdir()
    (folder / "logins-2025-03-22.csv").write_text(
        "login_id,ts,account_id,ip,device_id,user_agent\n"
        f"l1,2025-03-22T10:00:00Z,ada,{ADDRESS},{DEVICE},{AGENT}\n"
        f"l2,2025-03-22T11:00:00Z,bob,{ADDRESS_V6},{DEVICE},{AGENT}\n"
        f"{BROKEN_ID},2025-03-22T11:00:00Z,bob,{BROKEN_TEXT},{DEVICE},{AGENT}\n"
    )
    (folder / "accounts-2025-03-22.csv").write_text(
        "account_id,opened_at,kyc_level\nada,2025-03-22T09:00:00Z,2\nbob,2025-03-22T09:00:00Z,2\n"
    )
    return folder


def cells_of(path: Path) -> list[str]:
    """Return every cell of every table and view, and every comment and query, as text."""
    with duckdb.connect(path, read_only=True) as edition:
        found = edition.execute("select table_name from information_schema.tables").fetchall()
        content = [edition.table(name).fetchall() for (name,) in found]
        catalogues = ("duckdb_views()", "duckdb_columns()", "duckdb_tables()")
        content += [edition.execute(f"from {name}").fetchall() for name in catalogues]
    return [str(cell) for rows_ in content for row in rows_ for cell in row]


def test_nothing_that_has_to_stay_in_the_house_is_published(home, keys, feed):
    ingest_sources(home, [feed], now=NOW, key=keys.identifier)
    week = find_week([terms.calendar for terms in load_seasons(home)], "S1W03")
    seal(home, keys, FORMULA, week, real_now=NOW)
    path = publish(home, load_seasons(home), NOW).path
    cells = cells_of(path)
    content = path.read_bytes() + "\n".join(cells).encode()

    assert {"ada", "open", "l1"} <= set(cells), "the scan finds what is published"
    assert {"6137", "3863"}.isdisjoint(cells)
    planted = [ADDRESS, ADDRESS_V6, "203.0.113", "2001:db8", DEVICE, AGENT, BROKEN_ID, BROKEN_TEXT]
    planted += ["planted-pool", "7654321", "perp_notional_usd", "net_fees_usd"]
    assert [text for text in planted if text.encode() in content] == []
    for secret in secret_bytes(home.root.with_name(home.root.name + ".keys")):
        assert secret not in content
        assert secret.hex().encode() not in content


def secret_bytes(folder: Path) -> list[bytes]:
    """Return the content of every secret key, as it lies in its file."""
    found = [path.read_bytes().strip() for path in folder.iterdir() if path.is_file()]
    assert found, "a home has secret keys"
    return found


def test_quarantine_shows_place_and_reason(home, keys, feed):
    ingest_sources(home, [feed], now=NOW, key=keys.identifier)
    with duckdb.connect(publish(home, load_seasons(home), NOW).path, read_only=True) as edition:
        found = edition.execute('select file_name, line, "column" from quarantine').fetchall()
        logins = edition.execute(
            "select count(*), count(distinct device_hmac), count(distinct ip_hmac) from logins"
        ).fetchall()
    assert found == [("logins-2025-03-22.csv", 4, "ip")]
    assert logins == [(2, 1, 2)]


def test_the_published_standings_are_the_leaderboard(home):
    entries = pl.DataFrame(
        [
            ("emission:S1W01", -3_000_000_000, "issued", None),
            ("owner:ada", 1_000_000_000, "issued", None),
            ("held:bob", 2_000_000_000, "held_case_of_owner", "bob"),
        ],
        schema=ENTRY_SCHEMA,
        orient="row",
    )
    batch = Batch(1, 1, "issue", "", NOW, entries.height, entries_sha256(entries))
    with transaction(home) as connection:
        store_batch(connection, StoredBatch(batch, 0, moves=0), entries)
    with duckdb.connect(publish(home, load_seasons(home), NOW).path, read_only=True) as edition:
        published = edition.execute("from standings order by rank").fetchall()
    assert published == [(1, *row) for row in leaderboard(home, 1).rows()]
    assert [row[2] for row in published] == ["bob", "ada"]


def test_points_of_a_season_that_has_no_file_make_no_standings():
    terms = Terms(season=1, opens=NOW, first_cutoff=NOW.replace(day=8))
    points = pl.DataFrame(
        {"season": [1, 2], "owner_id": ["ada", "bob"], "micropoints": [5, 7]},
        schema_overrides={"season": pl.Int32},
    )
    assert season_frames([terms], points).standings["owner_id"].to_list() == ["ada"]


def test_an_edition_is_recorded(home):
    made = publish(home, load_seasons(home), NOW)
    with warehouse(home, read_only=True) as connection:
        recorded = rows(connection, "select edition, path from publications")
    assert recorded == [(1, "published/winnow-000001.duckdb")]
    assert made.held_seconds < made.seconds


def tree_hash(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it is written there."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + tree_hash(leaves[:split]) + tree_hash(leaves[split:])).digest()


def test_an_outsider_can_check_that_a_formula_was_fixed_before_its_week_was_issued(
    season_home, season_keys, week
):
    first = week("S1W01")
    issue(season_home, season_keys, first, first.issue_at)
    terms = load_seasons(season_home)
    revealed = reveal(season_home, season_keys, terms[0], first, first.issue_at)
    path = publish(season_home, terms, first.issue_at).path
    with duckdb.connect(path, read_only=True) as edition:
        log = edition.execute("select leaf_hash, body from log order by leaf_index").fetchall()
        notes = edition.execute("select note from checkpoints order by tree_size").fetchall()
        ((place, issued_at),) = edition.execute(
            "select c.leaf_index, b.leaf_index from commitments c "
            "join batches b using (season, week) where kind = 'issue'"
        ).fetchall()
    hashes = [bytes.fromhex(leaf) for leaf, _ in log]
    key = load_pem_public_key((season_home.keys / "signing.pub").read_bytes())
    for size, (note,) in enumerate(notes, 1):
        text, signature = note.split("\n\n")
        assert text.split("\n")[1:] == [
            str(size),
            base64.b64encode(tree_hash(hashes[:size])).decode(),
        ]
        key.verify(base64.b64decode(signature.split(" ")[2])[4:], (text + "\n").encode())
    body = log[place][1]
    assert hashlib.sha256(b"\0" + body.encode()).digest() == hashes[place]
    assert json.loads(revealed.path.read_text())["commitment"] == json.loads(body)["commitment"]
    assert place < issued_at


def test_neither_log_nor_batches_tell_what_is_hidden_until_the_reveal(
    season_home, season_keys, week
):
    first = week("S1W01")
    issue(season_home, season_keys, first, first.issue_at)
    with warehouse(season_home, read_only=True) as connection:
        ((leaf,),) = rows(connection, "select body from log_leaves where body like '%batch%'")
    path = publish(season_home, load_seasons(season_home), first.issue_at).path
    with duckdb.connect(path, read_only=True) as edition:
        assert edition.execute("select entries_sha256 from batches").fetchall() == [(None,)]
        types = edition.execute("select body is null from log order by leaf_index").fetchall()
    assert types == [(False,), (False,), (True,)]
    cells = "\n".join(cells_of(path))
    inputs = json.loads(leaf)["inputs"]
    assert inputs.pop("moves") == "0"
    for digest in (json.loads(leaf)["entries_sha256"], *inputs.values()):
        assert digest not in cells
