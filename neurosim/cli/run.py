"""`neurosim run`: a scenario's arms and seeds, then a table, the figures and where the recordings are."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.cli.progress import Progress
from neurosim.cli.table import number, table
from neurosim.cli.values import parsed
from neurosim.figures import draw
from neurosim.scenario.description import Scenario, checked, load_scenario
from neurosim.scenario.runner import Plan, chosen_arms, final_values, run_scenario, with_changes


def command(arguments: argparse.Namespace) -> int:
    """Run, draw, and tell."""
    scenario = _scenario(arguments)
    out = Path(arguments.out or Path("runs") / scenario.name)
    arms = chosen_arms(scenario, arguments.arm)
    runs = len(arms) * scenario.seeds
    if not arguments.quiet:
        print(
            f"{scenario.title}: {_many(len(arms), 'arm')} × {_many(scenario.seeds, 'seed')} × {scenario.trials:,} trials",
            file=sys.stderr,
        )
    started = time.monotonic()
    with Progress(runs * scenario.trials, quiet=arguments.quiet) as progress:
        plan = Plan(out, arguments.arm, arguments.backend, arguments.threads, arguments.resume, progress)
        paths = run_scenario(scenario, plan)
    seconds = time.monotonic() - started
    figures = _figures(scenario, paths, out)
    values = final_values(scenario, paths)
    if arguments.json:
        print(json.dumps(_document(scenario, values, paths, figures, seconds), allow_nan=False))
        return 0
    print(_table(scenario, values))
    if not arguments.quiet:
        told = ", ".join(str(path) for path in figures) or "none"
        print(f"\n{_many(runs, 'run')} in {seconds:.1f} s\nrecordings  {out}/ARM/seed_N.h5\nfigures     {told}", file=sys.stderr)
        if scenario.claim:
            print(f"claims      neurosim check {out}", file=sys.stderr)
    return 0


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _scenario(arguments: argparse.Namespace) -> Scenario:
    scenario = load_scenario(arguments.scenario)
    changes = parsed(arguments.changes, "--set")
    if arguments.seeds:
        changes["seeds"] = arguments.seeds
    return checked(with_changes(scenario, changes), f"{arguments.scenario} with changes") if changes else scenario


def _figures(scenario: Scenario, paths: Sequence[Path], out: Path) -> list[Path]:
    """Each figure of the scenario as a PNG; a figure that comes twice is told apart by what it shows."""
    names = [figure.name for figure in scenario.figure]
    drawn = []
    for figure in scenario.figure:
        options = dict(figure.parameters)
        shown = str(options.get("quantity") or options.get("address") or "")
        stem = f"{figure.name}_{shown.replace('.', '_')}" if names.count(figure.name) > 1 else figure.name
        path = out / f"{stem}.png"
        draw(figure.name, list(paths), **options).savefig(path, dpi=150)
        drawn.append(path)
    return drawn


def _table(scenario: Scenario, values: Mapping[str, Mapping[str, np.ndarray]]) -> str:
    quantities = list(dict.fromkeys(quantity for row in values.values() for quantity in row))
    rows = []
    for arm in scenario.arm:
        if arm.name in values:
            cells = [_spread(values[arm.name].get(quantity, np.array([]))) for quantity in quantities]
            rows.append([arm.text, *cells, str(max((len(v) for v in values[arm.name].values()), default=0))])
    return table(["arm", *(f"{quantity} (range)" for quantity in quantities), "seeds"], rows)


def _spread(values: np.ndarray) -> str:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return "–"
    middle = number(float(np.median(finite)))
    return middle if len(finite) == 1 else f"{middle} ({number(float(finite.min()))} … {number(float(finite.max()))})"


def _document(
    scenario: Scenario,
    values: Mapping[str, Mapping[str, np.ndarray]],
    paths: Sequence[Path],
    figures: Sequence[Path],
    seconds: float,
) -> dict[str, Any]:
    plain = {arm: {q: [float(x) if np.isfinite(x) else None for x in v] for q, v in row.items()} for arm, row in values.items()}
    return {
        "scenario": scenario.name,
        "seconds": seconds,
        "values": plain,
        "recordings": [str(path) for path in paths],
        "figures": [str(path) for path in figures],
    }
