"""`neurosim run`: a scenario's arms and seeds, then a table, the figures and where the recordings are; or a collection."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from neurosim.cli import run_collection
from neurosim.cli.outcome import carried_out, extent
from neurosim.cli.progress import Progress
from neurosim.cli.table import many
from neurosim.cli.values import parsed, several
from neurosim.errors import InputError, Problem, ScenarioError
from neurosim.scenario.blocks import runs
from neurosim.scenario.collection import is_collection
from neurosim.scenario.description import Scenario
from neurosim.scenario.engines import engine_of
from neurosim.scenario.files import checked, load_scenario
from neurosim.scenario.grid import told_once, with_grid
from neurosim.scenario.plan import Plan
from neurosim.scenario.runner import with_changes
from neurosim.scenario.slices import WHOLE, Slice


def command(arguments: argparse.Namespace) -> int:
    """Run, draw, and tell; 2 if a figure cannot be drawn from what was recorded, 4 if it cannot be written."""
    if arguments.out == "":
        raise InputError([Problem("--out", "expected a folder, found an empty name")])
    if is_collection(arguments.scenario):
        return run_collection.command(arguments)
    part = _slice(arguments)
    scenario = _scenario(arguments)
    plan = Plan(
        Path(arguments.out or Path("runs") / scenario.name),
        arguments.arm,
        arguments.backend,
        arguments.threads,
        arguments.resume,
        stop=arguments.interruption.asked,
        minded=arguments.interruption.minded,
        checkpoints=arguments.checkpoints,
        slice=part,
        engine=arguments.engine,
        scheduler=arguments.scheduler,
        extensions=arguments.extensions,
    )
    engine_of(plan)
    planned = runs(scenario, plan)
    count = len(planned)
    if not arguments.quiet:
        print(_announced(scenario, plan, count), file=sys.stderr)
    with Progress(sum(scenario.trials(arm) for arm, _ in planned), quiet=arguments.quiet) as progress:
        outcome = carried_out(scenario, replace(plan, progress=progress))
    if arguments.json:
        print(json.dumps(outcome.document(), allow_nan=False))
        return outcome.exit_code
    for line in outcome.recordings if outcome.figures is None else [outcome.table()]:
        print(line)
    if not arguments.quiet:
        done = f"{many(count, 'run')} in {outcome.seconds:.1f} s"
        print(f"\n{done}\n{_narrated(scenario, plan.out, outcome.figures)}", file=sys.stderr)
    outcome.tell_undrawn()
    return outcome.exit_code


def _announced(scenario: Scenario, plan: Plan, count: int) -> str:
    whole = f"{scenario.title}: {extent(scenario, plan)}"
    if plan.slice == WHOLE:
        return whole
    return f"{whole}\nslice {plan.slice.index}, of slices 0 to {plan.slice.of - 1}: {many(count, 'run')}"


def _narrated(scenario: Scenario, out: Path, figures: Sequence[Path] | None) -> str:
    lines = [f"recordings  {out}/ARM/seed_N.h5"]
    if figures is None:
        lines.append("figures     when all slices are there: the same command with --resume and without --index and --of")
        return "\n".join(lines)
    lines.append(f"figures     {', '.join(str(path) for path in figures) or 'none'}")
    if scenario.claim:
        lines.append(f"claims      neurosim check {out}")
    return "\n".join(lines)


def _slice(arguments: argparse.Namespace) -> Slice:
    if (arguments.index is None) != (arguments.of is None):
        given, missing = ("--of", "--index") if arguments.index is None else ("--index", "--of")
        raise InputError([Problem(given, f"needs {missing}, too: --index I --of N runs slice I of N, counted from 0")])
    return WHOLE if arguments.index is None else Slice(arguments.index, arguments.of)


def _scenario(arguments: argparse.Namespace) -> Scenario:
    scenario = load_scenario(arguments.scenario)
    changes = parsed(arguments.changes, "--set")
    if arguments.seeds:
        changes["seeds"] = arguments.seeds
    if changes:
        try:
            scenario = checked(with_changes(scenario, changes), f"{arguments.scenario} with changes")
        except ScenarioError as error:
            raise ScenarioError(told_once(error.problems, scenario.arm), error.place) from None
    grid = several(arguments.grid, "--grid")
    return with_grid(scenario, grid, arguments.arm) if grid else scenario
