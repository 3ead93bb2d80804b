"""The peers' rules on seasons made by hand, and the table on a small synthetic one."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.peers import arbitrum, graphs, hop, rules, sybilrank, trusta
from benchmarks.peers.__main__ import main
from benchmarks.peers.alone import past
from benchmarks.peers.contenders import CONTENDERS, Contender, by_name
from benchmarks.peers.making import make
from benchmarks.peers.scoring import judged, score
from benchmarks.peers.season import BEGINS, TRUTH, Season
from benchmarks.peers.showing import BEGIN, CAUTION, END, Cost, Setting, as_json, as_text, put_into

START = datetime.fromisoformat("2099-01-01")
Row = tuple[str, ...]


@pytest.fixture
def season(tmp_path: Path) -> Callable[..., Season]:
    """Return what writes a season: account ids, logins, transfers; an owner may have two."""

    def write(
        accounts: Sequence[str],
        *,
        logins: Sequence[Row] = (),
        transfers: Sequence[Row] = (),
        owners: dict[str, str] | None = None,
    ) -> Season:
        known = {
            "account_id": list(accounts),
            "owner_id": [(owners or {}).get(name) for name in accounts],
            "kind": ["retail"] * len(accounts),
            "opened_at": [START - timedelta(days=300)] * len(accounts),
            "changed_at": [START] * len(accounts),
            "country": ["FR"] * len(accounts),
            "kyc_level": [2] * len(accounts),
        }
        who, device, ip = zip(*logins, strict=True) if logins else ((), (), ())
        seen = {
            "account_id": who,
            "ts": [START] * len(who),
            "ip_hmac": ip,
            "device_hmac": device,
        }
        source, destination = zip(*transfers, strict=True) if transfers else ((), ())
        moved = {
            "transfer_id": [f"t{number:04}" for number in range(len(source))],
            "ts": [START + timedelta(hours=number) for number in range(len(source))],
            "source": source,
            "destination": destination,
            "amount_usd": [100.0] * len(source),
            "amount": [100.0] * len(source),
        }
        for kind, columns in (("accounts", known), ("logins", seen), ("transfers", moved)):
            folder = tmp_path / "home" / "events" / kind
            folder.mkdir(parents=True)
            pl.DataFrame(columns, schema_overrides={"owner_id": pl.String}).write_parquet(
                folder / "one.parquet"
            )
        (tmp_path / BEGINS).write_text(START.isoformat())
        return Season(tmp_path)

    return write


def names(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{number:03}" for number in range(count)]


def test_sharing_is_passed_on_from_device_to_address(season):
    made = season(
        ["a", "b", "c", "d", "e", "e2"],
        owners={"e2": "e"},
        logins=[
            *(("a", "phone", "1"), ("b", "phone", "2"), ("c", "pad", "2")),
            *(("d", "own", "3"), ("e", "desk", "4"), ("e2", "desk", "4")),
        ],
    )
    assert set(rules.shared_device_or_ip(made)) == {"a", "b", "c"}


def test_three_on_a_device_are_allowed_and_four_are_not(season):
    logins = [
        *((name, "three", "") for name in "abc"),
        *((name, "four", "") for name in "defg"),
    ]
    made = season(list("abcdefg"), logins=logins)
    assert set(rules.many_on_a_device(made)) == set("defg")


@pytest.mark.parametrize(("met", "kept"), [(30, True), (31, False)])
def test_an_address_that_many_met_is_an_entity_and_an_owner_never_is(met: int, kept: bool):
    owners = names("o", 40)
    edges = pl.DataFrame(
        [
            *(("0xhub", owner) for owner in owners[:met]),
            *(("o039", owner) for owner in owners[:39]),
        ],
        schema=["source", "destination"],
        orient="row",
    )
    left = graphs.without_entities(edges, pl.Series("owner_id", owners))
    assert ("0xhub" in left["source"]) is kept
    assert left.filter(pl.col("source") == "o039").height == 39


def test_a_large_component_is_broken_down_and_a_small_one_is_not():
    halves = [
        (f"{side}{one}", f"{side}{other}")
        for side in "xy"
        for one in range(60)
        for other in range(one)
        if (one + other) % 5 == 0 or other == one - 1
    ]
    edges = pl.DataFrame(
        [*halves, ("x0", "y0"), ("p", "q"), ("q", "r")],
        schema=["source", "destination"],
        orient="row",
    )
    parted = dict(graphs.broken_down(edges).iter_rows())
    assert parted["p"] == parted["r"]
    assert not {parted[f"x{n}"] for n in range(60)} & {parted[f"y{n}"] for n in range(60)}


def test_a_funder_is_the_first_transfer_in_and_a_sweep_the_last_out():
    transfers = pl.DataFrame(
        [("1", "f", "a"), ("2", "g", "a"), ("3", "a", "s"), ("4", "a", "t"), ("5", "g", "a")],
        schema=["transfer_id", "source", "destination"],
        orient="row",
    )
    found = arbitrum.funders_and_sweeps(transfers)["transfer_id"]
    assert set(found) == {"1", "3", "4", "5"}


def test_five_who_are_funded_by_one_are_a_cluster_for_one_of_the_two_runs(season):
    made = season(
        names("o", 9),
        transfers=[
            *(("0xfund", owner) for owner in names("o", 5)),
            *(("0xpair", owner) for owner in ("o007", "o008")),
        ],
    )
    assert set(arbitrum.five_and_more(made)) == set(names("o", 5))
    assert arbitrum.more_than_twenty(made).is_empty()


def test_eight_connected_are_a_group_and_seven_are_not_nor_are_very_many(season):
    made = season(
        names("o", 200),
        transfers=[
            *(("0xeight", owner) for owner in names("o", 8)),
            *(("0xseven", owner) for owner in names("o", 17)[10:]),
            *(("o100", owner) for owner in names("o", 130)[101:]),
        ],
    )
    assert set(hop.in_groups(made)) == set(names("o", 8))


def test_who_behaves_unlike_the_rest_leaves_the_cluster_and_too_few_are_none():
    members = pl.DataFrame(
        {
            "owner_id": names("o", 6),
            "favourite": ["BTC"] * 6,
            "fills": [6.0, 6.0, 6.1, 6.0, 5.9, 60.0],
        }
    )
    assert trusta.alike(members).to_list() == names("o", 5)
    assert trusta.alike(members.tail(5)).is_empty()


def test_trust_hardly_passes_a_single_tie():
    def ring(name: str) -> list[tuple[str, str]]:
        return [(f"{name}{n:02}", f"{name}{(n + k) % 20:02}") for n in range(20) for k in (1, 2, 3)]

    ties = pl.DataFrame(
        [*ring("h"), *ring("s"), ("h00", "s00")], schema=["source", "destination"], orient="row"
    )
    nodes, trust = sybilrank.rank(ties, pl.Series(["h05", "h11"]))
    by_name = dict(zip(nodes, trust, strict=True))
    honest = [value for name, value in by_name.items() if name.startswith("h")]
    others = [value for name, value in by_name.items() if name.startswith("s")]
    assert np.mean(honest) > 3 * np.mean(others)
    assert sum(value >= min(honest) for value in others) < 4


def test_trust_is_kept_while_it_spreads():
    ties = pl.DataFrame({"source": ["a", "b", "c"], "destination": ["b", "c", "a"]})
    _, trust = sybilrank.rank(ties, pl.Series(["a"]))
    assert (trust * 2).sum() == pytest.approx(3)


def truth(*rows: tuple[str, str, str, str | None, bool, bool]) -> pl.DataFrame:
    columns = ["account_id", "pattern", "level", "lookalike_class", "farm", "targeted"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def test_accounts_are_counted_and_strangers_with_a_playbook_are_left_out(season):
    made = season(["a", "b", "c", "d", "e", "f", "g"], owners={"b": "a"})
    truth(
        ("a", "A1", "L1", None, True, False),
        ("b", "A1", "L1", None, True, False),
        ("c", "A10", "L2", None, True, False),
        ("d", "family", "", "family", False, False),
        ("e", "honest", "", None, False, True),
        ("f", "honest", "", None, False, False),
        ("g", "A15", "L1", None, False, False),
    ).write_parquet(made.folder / TRUTH)
    found = score("who", judged(made, pl.Series(["a", "d", "g"])))
    assert (found.precision.part, found.precision.whole) == (2, 3)
    assert (found.recall.part, found.recall.whole) == (2, 3)
    assert found.f1 == pytest.approx(2 / 3)
    assert [(name, each.part) for name, each in found.patterns] == [("A1", 2), ("A10", 0)]
    assert [(name, each.part) for name, each in found.classes] == [("family", 1), ("targeted", 0)]
    assert found.wrong_classes == 1
    assert (found.honest.part, found.honest.whole) == (0, 1)
    assert found.playbook.part == 1


def test_nobody_flagged_is_no_precision_and_no_f1(season):
    made = season(["a", "b"])
    truth(
        ("a", "A1", "L1", None, True, False), ("b", "family", "", "family", False, False)
    ).write_parquet(made.folder / TRUTH)
    found = score("Winnow", judged(made, pl.Series([], dtype=pl.String)))
    assert found.precision.share is None
    assert found.f1 == 0
    setting = Setting("2026-01-01T00:00:00+00:00", (5,), 4, 2, 1, 2, ("splink",))
    costs = [Cost("Winnow", 5, 2.0, 1.0, 0.5)]
    text = as_text(setting, [found], costs)
    assert CAUTION in text
    assert "none flagged" in text
    assert "not installed: splink" in text
    assert json.loads(as_json(setting, [found], costs))["scores"][0]["patterns"]["A1"]["whole"] == 1


@pytest.mark.parametrize("contender", CONTENDERS, ids=lambda each: each.name)
def test_every_module_says_its_source_and_what_differs(contender: Contender):
    module = contender.rule.split(".")[0]
    text = (Path(graphs.__file__).parent / f"{module}.py").read_text(encoding="utf-8")
    assert module == "winnow" or "Source: " in text
    assert "label" in text or "seeds" in text or "learn" in text


@pytest.mark.parametrize("page", ["", END + BEGIN, BEGIN, f"{BEGIN}{END}{END}"])
def test_a_page_without_its_marks_is_left_alone(page: str):
    with pytest.raises(ValueError, match="each once"):
        put_into(page, "figures")


def test_who_learns_wants_a_past(season):
    with pytest.raises(ValueError, match="past"):
        by_name("graphspot XGBGraph").flag(season(["a"]), None)


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Season:
    folder = tmp_path_factory.mktemp("synthetic") / "peers" / "5-300-1"
    make(folder, 5, 300, 1)  # fewer share too little for splink to learn from
    (folder / "made").touch()
    return Season(folder)


@pytest.mark.parametrize(
    "contender",
    [each for each in CONTENDERS if each.package or each.name == "Winnow"],
    ids=lambda each: each.name,
)
def test_who_brings_own_code_flags_some_owners_of_a_season(contender: Contender, request):
    if not contender.installed:
        pytest.skip(f"{contender.package} is not installed; make peers installs it")
    synthetic = request.getfixturevalue("synthetic")
    flagged = contender.flag(synthetic, past(synthetic) if contender.learns else None)
    assert flagged.is_in(synthetic.owners["owner_id"].implode()).all()
    assert len(flagged) < synthetic.owners.height / 2


def test_the_table_has_a_row_for_everybody_asked_for(
    synthetic: Season, tmp_path: Path, capsys, monkeypatch
):
    folder = synthetic.folder.parents[1]
    size = ("--accounts", "300", "--weeks", "1", "--seed", "5")
    chosen = ("--peer", "Hop-style")
    monkeypatch.setattr("benchmarks.peers.__main__.keep_bytecode", lambda folder: None)
    written = (tmp_path / "figures.json", tmp_path / "figures.md")
    written[1].write_text(f"before\n{BEGIN}\nstale figures\n{END}\nafter\n", encoding="utf-8")
    main(
        [
            *("--folder", str(folder), *size, *chosen),
            *("--json", str(written[0]), "--into", str(written[1])),
        ]
    )
    assert "| Hop-style | none |" in capsys.readouterr().out
    page = written[1].read_text(encoding="utf-8")
    assert "| Hop-style | none |" in page
    assert "stale figures" not in page
    assert page.startswith("before\n")
    assert page.endswith("\nafter\n")
    figures = json.loads(written[0].read_text(encoding="utf-8"))
    assert figures["synthetic"] is True
    farms = synthetic.truth()["farm"].sum()
    assert {each["recall"]["whole"] for each in figures["scores"]} == {farms}
    assert all(cost["cpu_seconds"] > 0 for cost in figures["costs"])
