"""Lets peers and Winnow loose on the same synthetic seasons (docs/peers.md).

    python -m benchmarks.peers [--seed N]... [--accounts N] [--weeks N] [--peer NAME]...
                               [--folder DIR] [--json FILE] [--into PAGE]

Every contender has a process of its own on every season. A peer whose package is not installed is
left out and named; `make peers` installs them all.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import polars as pl

from benchmarks.peers.contenders import CONTENDERS, Contender
from benchmarks.peers.scoring import judged, score
from benchmarks.peers.season import Season
from benchmarks.peers.showing import Cost, Setting, as_json, as_text, put_into
from benchmarks.processes import keep_bytecode, run
from jobs.clock import real_now

SEEDS: Final = (5, 6, 7)
PAST_SEED: Final = 4
say = partial(print, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the seasons, run everybody, score, print, and write what is asked for."""
    asked = _parser().parse_args(arguments)
    started = real_now().isoformat(timespec="seconds")
    say("All data are synthetic, drawn from a seed.")
    folder = asked.folder.absolute() / "peers"
    keep_bytecode(folder / "bytecode")
    chosen = [each for each in CONTENDERS if each.name in (asked.peer or _names())]
    present = [contender for contender in chosen if contender.installed]
    seeds = tuple(dict.fromkeys(asked.seed or SEEDS))
    seasons = {seed: _made(folder, seed, asked) for seed in seeds}
    learns = any(contender.learns for contender in present)
    past = _made(folder, asked.past_seed, asked) if learns else None
    costs = [
        _run(contender, seed, season, past)
        for seed, season in seasons.items()
        for contender in present
    ]
    scores = [score(each.name, _judged(each, tuple(seasons.values()))) for each in present]
    setting = Setting(
        started=started,
        seeds=seeds,
        past_seed=asked.past_seed,
        accounts=asked.accounts,
        weeks=asked.weeks,
        cores=os.cpu_count() or 1,
        absent=tuple(contender.name for contender in chosen if not contender.installed),
    )
    text = as_text(setting, scores, costs)
    say(f"\n{text}")
    if asked.json:
        asked.json.write_text(as_json(setting, scores, costs) + "\n", encoding="utf-8")
    if asked.into:
        page = asked.into.read_text(encoding="utf-8")
        asked.into.write_text(put_into(page, text), encoding="utf-8")


def _made(folder: Path, seed: int, asked: argparse.Namespace) -> Path:
    """Make the season of a seed, in a process of its own, where it is not there yet."""
    season: Path = folder / f"{seed}-{asked.accounts}-{asked.weeks}"
    if not (season / "made").exists():
        shutil.rmtree(season, ignore_errors=True)
        say(f"seed {seed}: simulating and ingesting")
        size = (str(seed), str(asked.accounts), str(asked.weeks))
        run((sys.executable, "-m", "benchmarks.peers.making", str(season), *size))
        (season / "made").touch()
    return season


def _run(contender: Contender, seed: int, season: Path, past: Path | None) -> Cost:
    words = [contender.name, str(season), str(_flagged_by(contender, season))]
    if contender.learns:
        words.append(str(past))
    load = os.getloadavg()[0]
    cost = run((sys.executable, "-m", "benchmarks.peers.alone", *words))
    say(f"seed {seed}: {contender.name}: {cost.wall_seconds:.1f} s, {cost.cpu_seconds:.1f} s CPU")
    return Cost(contender.name, seed, cost.wall_seconds, cost.cpu_seconds, load)


def _judged(contender: Contender, seasons: Sequence[Path]) -> pl.DataFrame:
    return pl.concat(
        judged(Season(season), pl.read_parquet(_flagged_by(contender, season))["owner_id"])
        for season in seasons
    )


def _flagged_by(contender: Contender, season: Path) -> Path:
    return season / f"{contender.rule}.parquet"


def _names() -> tuple[str, ...]:
    return tuple(contender.name for contender in CONTENDERS)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "--seed", type=int, action="append", help=f"repeat for several; default {SEEDS}"
    )
    parser.add_argument(
        "--past-seed", type=int, default=PAST_SEED, help="of the season that some learn from"
    )
    parser.add_argument("--accounts", type=int, default=8_000)
    parser.add_argument("--weeks", type=int, default=4)
    parser.add_argument("--peer", action="append", choices=_names(), help="repeat; default: all")
    parser.add_argument("--folder", type=Path, default=Path("bench-data"))
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument(
        "--into", type=Path, metavar="PAGE", help="replace the figures of a Markdown page"
    )
    return parser


if __name__ == "__main__":
    main()
