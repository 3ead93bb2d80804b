"""Measures the communities of the detection on planted graphs (docs/performance.md).

    python -m benchmarks.communities [--nodes N] [--edges N] [--peer-nodes N] [--full-peer]
                                     [--drops N] [--seed N] [--folder DIR] [--json FILE]

Every way to group is a process of its own. networkx takes minutes at full size, so it is run on a
smaller graph of the same make, unless asked for.
"""

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.measuring import module
from benchmarks.processes import Cost, keep_bytecode, run
from benchmarks.reporting import table
from jobs.clock import real_now

WAYS: Final[Mapping[str, str]] = {
    "winnow": "Winnow, owners numbered",
    "winnow-pairs": "Winnow, from pairs of names",
    "components": "components (SciPy)",
    "modularity": "Louvain, modularity (scikit-network)",
    "networkx": "Louvain, modularity (networkx)",
}
say = partial(print, flush=True)


@dataclass(frozen=True)
class Measured:
    """One process that grouped one graph.

    Attributes:
        way: One of `WAYS`, or 'stability'.
        nodes: Of the graph.
        load: Of the machine when it began.
        cost: Of the process, start-up, imports and scoring included.
        found: What it wrote: see `benchmarks.grouping`.
    """

    way: str
    nodes: int
    load: float
    cost: Cost
    found: Mapping[str, float]


def main(arguments: Sequence[str] | None = None) -> None:
    """Plant the graphs, measure, print, and write the JSON where one is asked for."""
    asked = _parser().parse_args(arguments)
    started = real_now().isoformat(timespec="seconds")
    say("All graphs are synthetic, drawn from a seed.")
    folder = asked.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    keep_bytecode(folder / "bytecode")
    sizes = {asked.peer_nodes: tuple(WAYS)}
    ways = tuple(way for way in WAYS if asked.full_peer or way != "networkx")
    sizes[asked.nodes] = sizes.get(asked.nodes, ways)
    runs = [
        measured
        for nodes, ways in sorted(sizes.items())
        for measured in _measure(folder, nodes, nodes * asked.edges // asked.nodes, asked, ways)
    ]
    say(f"\n{_as_text(runs, asked, started)}")
    if asked.json:
        whole = {"synthetic": True, "started": started, "runs": [asdict(each) for each in runs]}
        asked.json.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")


def _measure(
    folder: Path, nodes: int, edges: int, asked: argparse.Namespace, ways: Sequence[str]
) -> list[Measured]:
    """Group one graph in every way, and the largest without some of its edges."""
    graph = folder / f"planted-{nodes}-{edges}-{asked.seed}.npz"
    run((*module("grouping"), "plant", str(graph), str(nodes), str(edges), str(asked.seed)))
    runs = [_run(way, graph, nodes) for way in ways]
    if nodes == asked.nodes:
        runs += [_run("stability", graph, nodes, str(seed + 1)) for seed in range(asked.drops)]
    graph.unlink()
    return runs


def _run(way: str, graph: Path, nodes: int, *further: str) -> Measured:
    result, load = graph.with_suffix(".json"), os.getloadavg()[0]
    cost = run((*module("grouping"), way, str(graph), str(result), *further))
    found = json.loads(result.read_text(encoding="utf-8"))
    result.unlink()
    say(f"{nodes:,} nodes, {way}: {cost.wall_seconds:.1f} s, {cost.cpu_seconds:.1f} s CPU")
    return Measured(way, nodes, load, cost, found)


def _as_text(runs: Sequence[Measured], asked: argparse.Namespace, started: str) -> str:
    loads = [each.load for each in runs]
    grouped = [each for each in runs if each.way in WAYS]
    heads = ("nodes", "by", "build s", "s", "CPU s", "peak GiB", "groups", "largest")
    parts = [
        f"Synthetic graphs with planted groups, {asked.edges / asked.nodes:g} edges a node, seed "
        f"{asked.seed}; begun {started}; {os.cpu_count()} cores; load {min(loads):.1f} to "
        f"{max(loads):.1f} while it ran.",
        table((*heads, "precision", "recall", "F1"), map(_grouping_line, grouped)),
        *_ratios(grouped),
    ]
    dropped = [each.found for each in runs if each.way == "stability"]
    if dropped:
        marks = ("dropped by seed", "ARI, all nodes", "ARI, grouped nodes", "alone, %", "clusters")
        lines = map(_stability_line, dropped)
        parts.append(table((*marks, "keep their id, %", "members, %", "naming s"), lines))
    return "\n\n".join(parts)


def _grouping_line(each: Measured) -> tuple[str, ...]:
    found = each.found
    return (
        f"{each.nodes:,}",
        WAYS[each.way],
        *(f"{found[name]:.2f}" for name in ("build_seconds", "seconds", "cpu_seconds")),
        f"{each.cost.peak_bytes / 2**30:.2f}",
        *(f"{found[name]:,.0f}" for name in ("groups", "largest")),
        *(f"{found[name]:.3f}" for name in ("precision", "recall", "f1")),
    )


def _stability_line(found: Mapping[str, float]) -> tuple[str, ...]:
    return (
        f"{found['seed']:.0f}",
        *(f"{found[name]:.4f}" for name in ("all_nodes", "grouped")),
        f"{100 * found['alone']:.2f}",
        f"{found['clusters']:,.0f}",
        *(f"{100 * found[name]:.1f}" for name in ("kept", "stayed")),
        f"{found['seconds']:.2f}",
    )


def _ratios(runs: Sequence[Measured]) -> list[str]:
    """Say how many times as long networkx took, building left out on both sides."""
    said = []
    for peer in runs:
        if peer.way != "networkx":
            continue
        for own in runs:
            if own.nodes == peer.nodes and own.way in {"winnow", "winnow-pairs"}:
                times = (peer.found[name] / own.found[name] for name in ("seconds", "cpu_seconds"))
                wall, cpu = (f"{ratio:.0f}" for ratio in times)
                said.append(
                    f"At {peer.nodes:,} nodes networkx took {wall} times the wall and {cpu} times "
                    f"the CPU of {WAYS[own.way]}."
                )
    return said


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.communities", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--nodes", type=int, default=500_000)
    parser.add_argument("--edges", type=int, default=2_000_000)
    parser.add_argument("--peer-nodes", type=int, default=50_000)
    parser.add_argument("--full-peer", action="store_true", help="networkx at full size as well")
    parser.add_argument("--drops", type=int, default=3, help="runs without 5 %% of the edges")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("bench-data"))
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser


if __name__ == "__main__":
    main()
