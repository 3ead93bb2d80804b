"""What is stored, what changes nothing, what conflicts, and what comes too late."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from warehouse.connection import transaction
from warehouse.events import store_close
from warehouse.ingest.pseudonyms import hide
from warehouse.records import Week

Fill = Callable[..., str]
END = datetime(2025, 3, 22, tzinfo=UTC)
WEEK = Week(1, 1, END - timedelta(days=1), END, END + timedelta(hours=26))


def close(desk: Any) -> None:
    with transaction(desk.home) as connection:
        store_close(
            connection,
            WEEK,
            now=WEEK.issue_at,
            season_terms="{}",
            required=(),
            accept_missing="test",
        )


def test_the_same_file_again_changes_nothing_and_says_so(desk: Any, fills: Fill) -> None:
    desk.write("fills.csv", fills("A", "B"))
    desk.ingest()
    before = desk.query("select * from event_files")
    (result,) = desk.ingest().files
    assert result.outcome == "known"
    assert "nothing changed" in str(result.reason)
    assert desk.query("select * from event_files") == before


def test_the_same_row_again_is_a_duplicate_and_other_content_a_conflict(
    desk: Any, fills: Fill, fill: Fill
) -> None:
    desk.write("fills-1.csv", fills("A", "B", "A", fill("A", price="7")))
    desk.write("fills-2.csv", fills("C", "B", fill("A", price="8"), fill("A", price="8")))
    summary = desk.ingest()
    assert (summary.total.accepted, summary.total.duplicate, summary.total.quarantined) == (3, 2, 3)
    assert desk.stored("fills", "fill_id, price::double") == [
        ("A", 100.5),
        ("B", 100.5),
        ("C", 100.5),
    ]
    assert [line for line, _, _ in desk.quarantined()] == [5, 4, 5]
    conflicting = sorted(text for line, text in desk.texts() if line == 5)
    assert [",7," in conflicting[0], ",8," in conflicting[1]] == [True, True]


def test_amounts_that_are_equal_are_the_same_content_however_they_are_written(
    desk: Any, fills: Fill, fill: Fill
) -> None:
    desk.write("fills.csv", fills(fill("A", price="1.50"), fill("A", price="01.5")))
    assert desk.ingest().total.duplicate == 1


def test_an_id_is_kept_apart_by_its_day(desk: Any, fills: Fill, fill: Fill) -> None:
    desk.write(
        "fills.csv",
        fills("A", fill("A", ts="2025-03-22T00:00:00+02:00"), fill("A", ts="2025-03-22T10:00:00Z")),
    )
    summary = desk.ingest()
    assert (summary.total.accepted, summary.total.quarantined) == (2, 1)


def test_accounts_keep_their_history_and_their_defaults(desk: Any) -> None:
    opened, changed = "2025-03-01T00:00:00Z", "2025-03-05T00:00:00Z"
    lines = [
        "account_id,opened_at,changed_at,owner_id,kind,country,kyc_level",
        f"ann,{opened},,,,,",
        f"ann,{opened},{changed},olga,institution,DE,2",
    ]
    desk.write("accounts.csv", "\n".join(lines) + "\n")
    desk.ingest()
    assert desk.stored(
        "accounts", "account_id, changed_at::varchar, owner_id, kind, country, kyc_level"
    ) == [
        ("ann", "2025-03-01 00:00:00", "ann", "retail", None, None),
        ("ann", "2025-03-05 00:00:00", "olga", "institution", "DE", 2),
    ]


def test_a_late_row_never_changes_a_closed_week(desk: Any, fills: Fill, fill: Fill) -> None:
    desk.write("fills-1.csv", fills("A"))
    desk.ingest()
    close(desk)
    covered = desk.query("select path from close_files")
    desk.write("fills-2.csv", fills("A", "B", fill("C", ts="2025-03-22T00:00:00Z")))
    summary = desk.ingest()
    assert (summary.total.accepted, summary.total.late, summary.total.duplicate) == (2, 1, 1)
    assert desk.query("select path from close_files") == covered
    found = desk.query(
        'select day::varchar, "rows", late from event_files order by stored_at, path'
    )
    assert found == [("2025-03-21", 1, 0), ("2025-03-21", 1, 1), ("2025-03-22", 1, 0)]


def test_logins_are_stored_under_pseudonyms_and_their_values_apart(desk: Any) -> None:
    lines = [
        "login_id,ts,account_id,ip,device_id,user_agent",
        'L1,2025-03-21T10:00:00Z,ann,::ffff:10.1.2.3,dev-1,"Mozilla, ""like"" (x, y)"',
        "L2,2025-03-21T10:00:01Z,bob,10.1.2.77,dev-1,",
        "L3,2025-03-21T10:00:02Z,cid,2001:DB8:0:1::5,,",
        "L4,2025-03-21T10:00:03Z,dan,,,",
    ]
    desk.write("logins.csv", "\n".join(lines) + "\n")
    desk.ingest()
    key = b"a key that only the tests know.."
    network = hide(key, "network", "10.1.2.0/24")
    device = hide(key, "device", "dev-1")
    assert desk.stored("logins", "login_id, ip_hmac, network_hmac, device_hmac") == [
        ("L1", hide(key, "ip", "10.1.2.3"), network, device),
        ("L2", hide(key, "ip", "10.1.2.77"), network, device),
        ("L3", hide(key, "ip", "2001:db8:0:1::5"), hide(key, "network", "2001:db8::/48"), None),
        ("L4", None, None, None),
    ]
    (private,) = (desk.home.private / "logins").rglob("*.parquet")
    assert private.stat().st_mode & 0o777 == 0o600
    assert private.parent.stat().st_mode & 0o777 == 0o700
    public = next((desk.home.events / "logins").rglob("*.parquet")).read_bytes()
    assert b"dev-1" not in public
    assert b"10.1.2" not in public


def test_a_registered_file_is_what_its_hash_says(desk: Any, fills: Fill) -> None:
    desk.write("fills.csv", fills(*(f"F{i}" for i in range(100))))
    desk.ingest()
    ((path, digest, count),) = desk.query('select path, sha256, "rows" from event_files')
    assert hashlib.sha256((desk.home.root / path).read_bytes()).hexdigest() == digest
    assert count == 100


def test_leftovers_of_a_died_ingest_are_swept_by_the_next(desk: Any, fills: Fill) -> None:
    folders = ("events/fills/day=2025-03-21", "private/logins/day=2025-03-21", "private/quarantine")
    strays = [desk.home.root / folder / "stray.parquet" for folder in folders]
    for stray in strays:
        stray.parent.mkdir(parents=True)
        stray.write_bytes(b"half a file")
    desk.write("fills.csv", fills("A"))
    desk.ingest()
    assert not any(stray.exists() for stray in strays)
    assert len(desk.stored("fills")) == 1


def manifest(desk: Any, content: str, name: str = "complete-2025-03-21.json") -> Any:
    desk.write(name, content)
    return desk.ingest().files[-1]


def test_a_manifest_declares_a_day(desk: Any) -> None:
    declared = {"kinds": {"fills": {"files": 3, "rows": 12}, "logins": {"files": 0, "rows": 0}}}
    assert manifest(desk, json.dumps(declared)).outcome == "taken"
    assert desk.query('select day::varchar, kind, files, "rows" from manifests order by kind') == [
        ("2025-03-21", "fills", 3, 12),
        ("2025-03-21", "logins", 0, 0),
    ]


def test_a_hostile_manifest_is_refused_with_a_reason(desk: Any) -> None:
    hostile = (
        "",
        "[]",
        "{}",
        '{"kinds": {}}',
        '{"kinds": [1]}',
        '{"kinds": {"fills": {"files": 1}}}',
        '{"kinds": {"fills": {"files": 1, "rows": -1}}}',
        '{"kinds": {"fills": {"files": 1, "rows": 1.5}}}',
        '{"kinds": {"fills": {"files": true, "rows": 1}}}',
        '{"kinds": {"fills": {"files": 1, "rows": NaN}}}',
        '{"kinds": {"fills": {"files": 1, "rows": 1e99}}}',
        '{"kinds": {"trades": {"files": 1, "rows": 1}}}',
        '{"kinds": {"fills": {"files": 1, "rows": 1}, "fills": {"files": 1, "rows": 2}}}',
        '{"kinds": {"fills": {"files": 1, "rows": 1}}, "extra": 1}',
        "[" * 100_000,
        "\ufeffx\udc80".encode("utf-8", "surrogatepass"),
    )
    for index, content in enumerate(hostile):
        desk.write(f"{index:02}/complete-2025-03-21.json", content)
    for content, result in zip(hostile, desk.ingest().files, strict=True):
        assert (result.outcome, bool(result.reason)) == ("refused", True), content[:60]
    good = '{"kinds": {"fills": {"files": 1, "rows": 1}}}'
    assert manifest(desk, good, "complete-2025-02-30.json").outcome == "refused"
    assert desk.query("select * from manifests") == []
