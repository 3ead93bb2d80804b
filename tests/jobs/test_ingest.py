"""The job is a thin door to the warehouse's ingest."""

from datetime import UTC, datetime
from pathlib import Path

from jobs.ingest import ingest
from warehouse.home import Home

NOW = datetime(2025, 4, 1, tzinfo=UTC)


def test_the_job_takes_files_and_tells_how_far_it_is(home: Home, tmp_path: Path) -> None:
    source = tmp_path / "referrals.csv"
    source.write_text("referral_id,ts,referrer_id,referee_id\nR,2025-03-21T10:00:00Z,ann,bob\n")
    seen: list[tuple[int, int, str]] = []
    summary = ingest(home, b"key", [source], NOW, lambda *step: seen.append(step))
    assert summary.total.accepted == 1
    size = source.stat().st_size
    assert seen[0] == (0, size, "referrals.csv")
    assert seen[-1] == (size, size, "referrals.csv")
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)
