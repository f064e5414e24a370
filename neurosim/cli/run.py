"""`neurosim run`: a scenario's arms and seeds, then a table, the figures and where the recordings are."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.cli.progress import Progress
from neurosim.cli.table import number, table
from neurosim.cli.values import parsed, several
from neurosim.errors import InputError, Problem
from neurosim.figures import draw
from neurosim.scenario.blocks import runs
from neurosim.scenario.description import Scenario
from neurosim.scenario.engines import run_scenario
from neurosim.scenario.files import checked, load_scenario
from neurosim.scenario.grid import with_grid
from neurosim.scenario.runner import Plan, chosen_arms, final_values, with_changes
from neurosim.scenario.slices import WHOLE, Slice


def command(arguments: argparse.Namespace) -> int:
    """Run, draw, and tell."""
    part = _slice(arguments)
    scenario = _scenario(arguments)
    plan = Plan(
        Path(arguments.out or Path("runs") / scenario.name),
        arguments.arm,
        arguments.backend,
        arguments.threads,
        arguments.resume,
        slice=part or WHOLE,
        engine=arguments.engine,
        scheduler=arguments.scheduler,
        extensions=arguments.extensions,
    )
    planned = runs(scenario, plan)
    count = len(planned)
    if not arguments.quiet:
        print(_announced(scenario, plan, count), file=sys.stderr)
    started = time.monotonic()
    with Progress(sum(scenario.trials(arm) for arm, _ in planned), quiet=arguments.quiet) as progress:
        paths = run_scenario(scenario, replace(plan, progress=progress))
    seconds = time.monotonic() - started
    figures = _figures(scenario, paths, plan.out) if part is None else None  # of a slice: the others may be missing yet
    values = final_values(scenario, paths)
    if arguments.json:
        print(json.dumps(_document(scenario, values, paths, figures or [], seconds), allow_nan=False))
        return 0
    for line in [_table(scenario, values)] if part is None else paths:
        print(line)
    if not arguments.quiet:
        print(f"\n{_many(count, 'run')} in {seconds:.1f} s\n{_narrated(scenario, plan.out, figures)}", file=sys.stderr)
    return 0


def _announced(scenario: Scenario, plan: Plan, count: int) -> str:
    arms, seeds = _many(len(chosen_arms(scenario, plan.arms)), "arm"), _many(scenario.seeds, "seed")
    lengths = sorted({scenario.trials(arm) for arm in chosen_arms(scenario, plan.arms)})
    trials = " to ".join(f"{length:,}" for length in dict.fromkeys((lengths[0], lengths[-1])))
    whole = f"{scenario.title}: {arms} × {seeds} × {trials} trials"
    if plan.slice == WHOLE:
        return whole
    return f"{whole}\nslice {plan.slice.index}, of slices 0 to {plan.slice.of - 1}: {_many(count, 'run')}"


def _narrated(scenario: Scenario, out: Path, figures: Sequence[Path] | None) -> str:
    lines = [f"recordings  {out}/ARM/seed_N.h5"]
    if figures is None:
        lines.append("figures     when all slices are there: the same command with --resume and without --index and --of")
        return "\n".join(lines)
    lines.append(f"figures     {', '.join(str(path) for path in figures) or 'none'}")
    if scenario.claim:
        lines.append(f"claims      neurosim check {out}")
    return "\n".join(lines)


def _slice(arguments: argparse.Namespace) -> Slice | None:
    if (arguments.index is None) != (arguments.of is None):
        given, missing = ("--of", "--index") if arguments.index is None else ("--index", "--of")
        raise InputError([Problem(given, f"needs {missing}, too: --index I --of N runs slice I of N, counted from 0")])
    return None if arguments.index is None else Slice(arguments.index, arguments.of)


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _scenario(arguments: argparse.Namespace) -> Scenario:
    scenario = load_scenario(arguments.scenario)
    changes = parsed(arguments.changes, "--set")
    if arguments.seeds:
        changes["seeds"] = arguments.seeds
    if changes:
        scenario = checked(with_changes(scenario, changes), f"{arguments.scenario} with changes")
    grid = several(arguments.grid, "--grid")
    return with_grid(scenario, grid, arguments.arm) if grid else scenario


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
