"""Files that nobody should send: each gives a clear result, and no good row is lost."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

Fill = Callable[..., str]
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "csv": lambda data: data,
    "csv.gz": gzip.compress,
    "csv.zst": zstandard.compress,
}


def ids(desk: Any) -> list[str]:
    return [fill_id for (fill_id,) in desk.stored("fills", "fill_id")]


@pytest.mark.parametrize("ending", PACKERS)
def test_a_file_cut_off_in_the_middle_gives_the_rows_before_the_cut(
    desk: Any, fills: Fill, ending: str
) -> None:
    # Random ids, so that the compressors write many blocks.
    names = [os.urandom(12).hex() for _ in range(20_000)]
    whole = PACKERS[ending](fills(*names).encode())
    desk.write(f"fills.{ending}", whole[: len(whole) * 2 // 3])
    (result,) = desk.ingest().files
    assert result.outcome == "taken"
    assert result.tally.quarantined == 1
    assert 0 < result.tally.accepted < 20_000
    assert set(ids(desk)) == set(names[: result.tally.accepted])
    ((line, _, reason),) = desk.quarantined()
    assert line == result.tally.accepted + 2
    assert "cut off" in reason or "fewer columns" in reason


def test_a_line_without_its_line_break_may_be_cut_off_and_is_not_believed(
    desk: Any, fills: Fill
) -> None:
    desk.write("fills.csv", fills("A", "B").rstrip("\n"))
    desk.ingest()
    assert ids(desk) == ["A"]
    assert "cut off" in desk.quarantined()[0][2]


@pytest.mark.parametrize("codec", ["gz", "zst"])
def test_damaged_compressed_data_is_refused_whole(desk: Any, fills: Fill, codec: str) -> None:
    # The checksum stands at the end, so rows before it may hold a wrong digit.
    text = fills(*(os.urandom(12).hex() for _ in range(20_000))).encode()
    if codec == "gz":
        packed = bytearray(gzip.compress(text))
    else:
        packed = bytearray(zstandard.ZstdCompressor(write_checksum=True).compress(text))
    packed[len(packed) // 2] ^= 0x10
    desk.write(f"fills.csv.{codec}", bytes(packed))
    (result,) = desk.ingest().files
    assert result.outcome == "refused"
    assert "damaged" in str(result.reason)
    assert ids(desk) == []


@pytest.mark.parametrize("codec", ["gz", "zst"])
def test_several_compressed_parts_in_one_file_are_all_read(
    desk: Any, fills: Fill, fill: Fill, codec: str
) -> None:
    pack = PACKERS[f"csv.{codec}"]
    desk.write(f"fills.csv.{codec}", pack(fills("A").encode()) + pack(f"{fill('B')}\n".encode()))
    assert desk.ingest().total.accepted == 2


def test_a_nul_byte_costs_its_own_line_only(desk: Any, fills: Fill) -> None:
    desk.write("fills.csv", fills("A", "B\0C,x", "D").encode())
    desk.ingest()
    assert ids(desk) == ["A", "D"]
    assert desk.quarantined() == [(3, None, "the line holds a NUL byte")]


def test_a_line_that_is_not_utf8_costs_its_own_line_only(
    desk: Any, fills: Fill, fill: Fill
) -> None:
    latin = fills("A", "D").encode().replace(b"\n", b"\n" + fill("Bé").encode("latin-1") + b"\n", 1)
    desk.write("fills.csv", latin)
    desk.ingest()
    assert ids(desk) == ["A", "D"]
    assert desk.quarantined() == [(2, None, "the line is not UTF-8 text")]
    assert "B\\xe9" in desk.texts()[0][1]


def test_a_utf16_file_is_refused_and_told_so(desk: Any, fills: Fill) -> None:
    desk.write("fills.csv", fills("A").encode("utf-16"))
    (result,) = desk.ingest().files
    assert result.outcome == "refused"
    assert "UTF-16" in str(result.reason)


def test_a_byte_order_mark_and_windows_line_ends_are_fine(desk: Any, fills: Fill) -> None:
    desk.write("fills.csv", b"\xef\xbb\xbf" + fills("A", "B").replace("\n", "\r\n").encode())
    assert desk.ingest().total.accepted == 2


def test_a_column_too_many_or_too_few_costs_its_own_line(
    desk: Any, fills: Fill, fill: Fill
) -> None:
    desk.write("fills.csv", fills("A", fill("B") + ",x", fill("C").rsplit(",", 1)[0], "D"))
    desk.ingest()
    assert ids(desk) == ["A", "D"]
    assert [reason for _, _, reason in desk.quarantined()] == [
        "more columns than the header",
        "fewer columns than the header",
    ]


@pytest.mark.parametrize("name", ["fills.csv", "fills.ndjson", "fills.parquet"])
def test_an_empty_file_is_refused(desk: Any, name: str) -> None:
    desk.write(name, b"")
    (result,) = desk.ingest().files
    assert (result.outcome, result.reason) == ("refused", "the file is empty")


def test_a_header_without_rows_is_taken_as_no_rows(desk: Any, fills: Fill) -> None:
    desk.write("fills.csv", fills())
    (result,) = desk.ingest().files
    assert (result.outcome, result.tally.accepted) == ("taken", 0)


def test_an_endless_line_costs_itself_and_little_memory(desk: Any, fills: Fill, fill: Fill) -> None:
    path = desk.write("fills.csv", fills("A"))
    with path.open("ab") as file:
        for _ in range(40):
            file.write(b"x" * 1_000_000)
        file.write(f"\n{fill('B')}\n".encode())
        file.write(b"y" * 1_500_000 + f"\n{fill('C')}\n".encode())
    desk.ingest()
    assert ids(desk) == ["A", "B", "C"]
    assert [line for line, _, _ in desk.quarantined()] == [3, 5]
    assert [len(text) for _, text in desk.texts()] == [1_000, 1_000]


def test_long_fractions_are_cut_toward_zero_and_counted(desk: Any, fills: Fill, fill: Fill) -> None:
    nines = "9" * 58
    desk.write(
        "fills.csv",
        fills(
            fill("A", maker_fee_usd=f"-1.{nines}", price=f"7.{nines}", notional_usd="1.50000000000")
        ),
    )
    summary = desk.ingest()
    assert summary.total.digits_cut == 2
    ((fee, price),) = desk.stored("fills", "maker_fee_usd::varchar, price::varchar")
    assert (fee, price) == ("-1.9999999999", "7.999999999999")


BROKEN_VALUES = [
    *[("notional_usd", value) for value in ("9" * 60, "NaN", "inf", "1e5", " 5", "", "-1", "+5")],
    *[
        ("notional_usd", value)
        for value in (".5", "5.", "1_000", "0x10", "１", "100000000000000.01")
    ],
    ("price", "0"),
    ("price", "0.0000000000001"),
    ("quantity", "-2"),
    ("taker_fee_usd", "100000000.01"),
    ("maker_fee_usd", "-100000000.01"),
    ("fill_id", "=cmd()"),
    ("fill_id", "@sum"),
    ("fill_id", "-1"),
    ("fill_id", "+1"),
    ("fill_id", " A"),
    ("fill_id", "A\u200bB"),
    ("fill_id", "A\tB"),
    ("fill_id", "x" * 129),
    ("fill_id", ""),
    ("ts", "2025-03-21T10:00:00"),
    ("ts", "2025-03-21 10:00"),
    ("ts", "2025-02-30T10:00:00Z"),
    ("ts", "2025-03-21"),
    ("ts", "1742551200"),
    ("ts", "now"),
    ("ts", "infinity"),
    ("ts", "1999-12-31T23:59:59Z"),
    ("ts", "2200-01-01T00:00:00Z"),
    ("product", "Perp"),
    ("taker_side", "hold"),
]


def test_a_value_that_breaks_a_rule_costs_its_row_and_is_never_told(
    desk: Any, fills: Fill, fill: Fill
) -> None:
    broken = [fill(**({"fill_id": "B"} | {column: value})) for column, value in BROKEN_VALUES]
    desk.write("fills.csv", fills("A", *broken, "C"))
    desk.ingest()
    assert ids(desk) == ["A", "C"]
    found, texts = desk.quarantined(), dict(desk.texts())
    assert [(line, column) for line, column, _ in found] == [
        (line, column) for line, (column, _) in enumerate(BROKEN_VALUES, start=3)
    ]
    for (line, _, reason), (_, value) in zip(found, BROKEN_VALUES, strict=True):
        assert len(value) <= 6 or value not in reason
        assert value in texts[line]


def test_an_id_with_a_line_break_costs_the_lines_that_it_spoils(
    desk: Any, fills: Fill, fill: Fill
) -> None:
    desk.write("fills.csv", fills("A", fill('"B\nB"'), "C"))
    desk.ingest()
    assert ids(desk) == ["A", "C"]
    assert [line for line, _, _ in desk.quarantined()] == [3, 4]


def test_the_text_of_a_quarantined_row_is_private(desk: Any, fills: Fill, fill: Fill) -> None:
    desk.write("fills.csv", fills(fill("A", ts="secret-text")))
    desk.ingest()
    (path,) = (desk.home.private / "quarantine").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert "secret-text" not in str(desk.query("select * from quarantine"))
    assert "secret-text" in desk.texts()[0][1]


def test_header_names_that_are_unknown_missing_or_twice_refuse_the_file(desk: Any) -> None:
    desk.write("fills.csv", "fill_id,ts,ts,colour\nA,B,C,D\n")
    (result,) = desk.ingest().files
    assert result.outcome == "refused"
    for part in ("unknown column 'colour'", "missing column 'market'", "twice: 'ts'"):
        assert part in str(result.reason)


LOGIN = '{"login_id":"%s","ts":"2025-03-21T10:00:00Z","account_id":"ann"%s}'


BROKEN_LOGINS = (
    ',"ip":["10.0.0.1"]',
    ',"ip":{"v4":"10.0.0.1"}',
    ',"ip":7',
    ',"ip":true',
    ',"login_id":"again"',
    ',"colour":"red"',
    ',"ip":"10.0.0.256"',
    ',"ip":"fe80::1%eth0"',
    ',"ip":"10.0.0.1"} {',
)


def test_a_json_line_that_breaks_a_rule_costs_itself_only(desk: Any) -> None:
    broken = [LOGIN % ("B", extra) for extra in BROKEN_LOGINS]
    desk.write("logins.ndjson", "\n".join((LOGIN % ("A", ""), *broken, LOGIN % ("C", ""))))
    desk.ingest()
    assert [login for (login,) in desk.stored("logins", "login_id")] == ["A", "C"]
    assert [line for line, _, _ in desk.quarantined()] == list(range(2, 2 + len(broken)))


def test_an_amount_never_passes_through_a_json_number(desk: Any) -> None:
    row = (
        '{"snapshot_id":"%s","ts":"2025-03-21T10:00:00Z","account_id":"ann","kind":"lent",'
        '"asset":"USDC","amount_usd":%s}'
    )
    values = ('"0.1"', "0.1", "12", "1e3", "99999999999999999999", "null")
    desk.write("balances.ndjson", "\n".join(row % (f"S{i}", v) for i, v in enumerate(values)))
    desk.ingest()
    assert desk.stored("balances", "snapshot_id, amount_usd::varchar") == [
        ("S0", "0.1000000000"),
        ("S2", "12.0000000000"),
    ]


def test_a_json_array_is_refused_with_the_way_out(desk: Any) -> None:
    desk.write("logins.json", "[" + LOGIN % ("A", "") + "]")
    (result,) = desk.ingest().files
    assert result.outcome == "refused"
    assert "one object a line" in str(result.reason)


def _fill_table(**changed: Any) -> pa.Table:
    columns = {
        "fill_id": ["A", "B"],
        "ts": pa.array([1742551200000000, 1742551200000001], pa.timestamp("us", tz="UTC")),
        "market": ["SOL-PERP"] * 2,
        "product": ["perp"] * 2,
        "maker_id": ["ann"] * 2,
        "taker_id": ["bob"] * 2,
        "taker_side": ["buy"] * 2,
        "price": ["100.5"] * 2,
        "quantity": ["2"] * 2,
        "notional_usd": ["201"] * 2,
        "maker_fee_usd": ["0.1"] * 2,
        "taker_fee_usd": ["0.1"] * 2,
    }
    return pa.table(columns | changed)


@pytest.mark.parametrize(
    ("column", "values", "way_out"),
    [
        ("price", [1.5, 2.5], "decimal strings or DECIMAL"),
        ("price", [1, 2], "decimal strings or DECIMAL"),
        ("ts", pa.array([1, 2], pa.timestamp("us")), "WITH TIME ZONE"),
        ("fill_id", [1, 2], "text"),
        ("fill_id", [b"a", b"b"], "text"),
        ("colour", ["red", "blue"], "unknown column 'colour'"),
    ],
)
def test_a_parquet_file_with_a_wrong_type_is_refused(
    desk: Any, column: str, values: Any, way_out: str
) -> None:
    pq.write_table(_fill_table(**{column: values}), desk.inbox / "fills.parquet")
    (result,) = desk.ingest().files
    assert result.outcome == "refused"
    assert way_out in str(result.reason)
    assert repr(column) in str(result.reason)


def test_a_parquet_row_that_breaks_a_rule_is_quarantined_by_its_number(desk: Any) -> None:
    table = _fill_table(fill_id=["=A", "B"], busts=pa.nulls(2))
    pq.write_table(table, desk.inbox / "fills.parquet")
    desk.ingest()
    assert ids(desk) == ["B"]
    ((line, column, _),) = desk.quarantined()
    assert (line, column) == (1, "fill_id")
    assert '"=A"' in desk.texts()[0][1]


@pytest.mark.parametrize("part", [0.2, 0.9])
def test_a_parquet_file_cut_off_is_refused(desk: Any, part: float) -> None:
    path = desk.inbox / "fills.parquet"
    pq.write_table(_fill_table(), path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    (result,) = desk.ingest().files
    assert result.outcome == "refused"
    assert "Parquet" in str(result.reason)


def test_a_damaged_parquet_page_refuses_the_file(desk: Any) -> None:
    path = desk.inbox / "fills.parquet"
    pq.write_table(_fill_table(), path)
    data = bytearray(path.read_bytes())
    data[4:200] = b"\xff" * 196
    path.write_bytes(bytes(data))
    (result,) = desk.ingest().files
    assert result.outcome == "refused"


def test_hostile_file_names_are_taken_and_shown_harmlessly(desk: Any, fills: Fill) -> None:
    names = [
        "fills-a\nb.csv",
        "fills-'; drop table x.csv",
        "fills-*[x]?.csv",
        f"fills-{'z' * 240}.csv",
    ]
    for index, name in enumerate(names):
        desk.write(name, fills(f"F{index}"))
    pq.write_table(_fill_table(), desk.inbox / "fills-*[a-z]'?.parquet")
    bytes_name = os.fsencode(desk.inbox) + b"/fills-\xff.csv"
    Path(os.fsdecode(bytes_name)).write_text(fills("F9"))
    summary = desk.ingest()
    assert summary.count("taken") == 6
    assert len(ids(desk)) == 7
    assert all(name.isprintable() for (name,) in desk.query("select file_name from source_files"))


def test_links_inside_of_a_folder_are_left_alone(desk: Any, fills: Fill, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "fills.csv").write_text(fills("A"))
    (desk.inbox / "fills.csv").symlink_to(outside / "fills.csv")
    (desk.inbox / "fills").symlink_to(outside)
    summary = desk.ingest()
    assert [result.outcome for result in summary.files] == ["skipped", "skipped"]
    assert desk.ingest(desk.inbox / "fills.csv").total.accepted == 1


def test_unrelated_files_are_skipped_and_named(desk: Any, fills: Fill) -> None:
    for name in ("README.md", ".hidden.csv", "fills.csv.part", "notes.csv", "fillsome.csv"):
        desk.write(name, "x")
    desk.write("fills/2025.csv", fills("A"))
    summary = desk.ingest()
    assert summary.total.accepted == 1
    assert len(summary.of("skipped")) == 5
    assert all(result.reason for result in summary.of("skipped"))


def test_a_name_that_is_not_there_is_refused_and_the_rest_is_taken(desk: Any, fills: Fill) -> None:
    good = desk.write("fills.csv", fills("A"))
    summary = desk.ingest(good, desk.inbox / "nothing.csv")
    assert summary.total.accepted == 1
    assert summary.of("refused")[0].reason == "there is no such file"


def test_nanoseconds_are_cut_in_every_format(desk: Any, fills: Fill, fill: Fill) -> None:
    # The last one would be rounded into the next day.
    moments = [1742551200_000000999, 1742601599_999999999]
    ts = pa.array(moments, pa.timestamp("ns", tz="UTC"))
    pq.write_table(_fill_table(ts=ts), desk.inbox / "fills-1.parquet")
    texts = ("2025-03-21T10:00:00.000000999Z", "2025-03-21T23:59:59.999999999Z")
    desk.write("fills-2.csv", fills(*(fill(f"C{i}", ts=text) for i, text in enumerate(texts))))
    desk.ingest()
    first, last = "2025-03-21 10:00:00", "2025-03-21 23:59:59.999999"
    assert desk.stored("fills", "ts::varchar") == [(first,), (first,), (last,), (last,)]


def test_instants_at_the_ends_of_time_cost_their_rows_only(desk: Any, fills: Fill) -> None:
    ends = [-(2**63), -(2**63) + 1, 2**63 - 1, -62135596800000001, 253402300800000000]
    for index, end in enumerate(ends):
        ts = pa.array([end, 1742551200000000], pa.timestamp("us", tz="UTC"))
        ids_here = [f"X{index}", f"Y{index}"]
        pq.write_table(_fill_table(ts=ts, fill_id=ids_here), desk.inbox / f"fills-{index}.parquet")
    desk.write("fills-z.csv", fills("Z"))
    desk.ingest()
    assert ids(desk) == [*(f"Y{index}" for index in range(len(ends))), "Z"]
    assert [(line, column) for line, column, _ in desk.quarantined()] == [(1, "ts")] * len(ends)


def test_what_stands_where_a_header_should_is_not_told(desk: Any) -> None:
    # The reason of a refusal is published, and these are somebody's address and device.
    desk.write("logins-1.csv", "L1,2025-03-21T10:00:00Z,ann,10.1.2.3,secretdevice\n")
    desk.write("logins-2.csv", "login_id,ts,account_id,10.1.2.3\n")
    desk.write("logins-3.ndjson", '{"login_id":"A","10.1.2.3":1}\n')
    results = desk.ingest().files
    assert [result.outcome for result in results] == ["refused"] * 3
    reasons = " ".join(str(result.reason) for result in results)
    assert "needs a header" in reasons
    assert "10.1.2.3" not in reasons
    assert "secretdevice" not in reasons


def test_a_pipe_never_holds_an_ingest_up(desk: Any, fills: Fill) -> None:
    for name in ("complete-2025-03-21.json", "fills.csv"):
        os.mkfifo(desk.inbox / name)
    desk.write("fills-1.csv", fills("A"))
    summary = desk.ingest()
    assert summary.total.accepted == 1
    assert [result.reason for result in summary.of("skipped")] == ["it is not a regular file"] * 2


def test_a_parquet_file_whose_text_is_not_utf8_is_refused(desk: Any, fills: Fill) -> None:
    offsets = pa.py_buffer(bytes([0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0]))
    names = pa.Array.from_buffers(pa.string(), 2, [None, offsets, pa.py_buffer(b"A\xff\xfe")])
    pq.write_table(_fill_table(fill_id=names), desk.inbox / "fills-1.parquet")
    desk.write("fills-2.csv", fills("B"))
    first, second = desk.ingest().files
    assert (first.outcome, second.outcome) == ("refused", "taken")
    assert "UTF-8" in str(first.reason)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_may_not_be_listed_is_named(desk: Any, fills: Fill) -> None:
    desk.write("closed/fills.csv", fills("A"))
    desk.write("fills.csv", fills("B"))
    (desk.inbox / "closed").chmod(0)
    summary = desk.ingest()
    (desk.inbox / "closed").chmod(0o700)
    assert summary.total.accepted == 1
    assert [(result.name, result.outcome) for result in summary.files[1:]] == [
        ("closed", "refused")
    ]
