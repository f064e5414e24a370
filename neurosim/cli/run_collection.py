"""`neurosim run COLLECTION`: its scenarios one after the other, each to a folder of its own."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from neurosim.cli.outcome import Outcome, carried_out, extent
from neurosim.cli.progress import Progress
from neurosim.cli.table import many
from neurosim.errors import InputError, Problem, RunError
from neurosim.scenario.blocks import runs, work
from neurosim.scenario.collection import load_collection
from neurosim.scenario.description import Scenario
from neurosim.scenario.engines import engine_of
from neurosim.scenario.files import checked
from neurosim.scenario.plan import Plan
from neurosim.scenario.runner import with_changes
from neurosim.tasks import test_of

SINGLE = {"arm": "--arm", "changes": "--set", "grid": "--grid", "index": "--index", "of": "--of"}
"""Options that speak of the arms, values or runs of one scenario."""


def command(arguments: argparse.Namespace) -> int:
    """Run all scenarios, those after one that failed, too; 1 if one failed, 2 if only a figure could not be drawn."""
    _require_no_single(arguments)
    collection, members = load_collection(arguments.scenario)
    if arguments.seeds:
        members = [checked(with_changes(m, {"seeds": arguments.seeds}), f"{m.name} with changes") for m in members]
    for member in members:
        for arm in member.arm:
            test_of(member.task_of(arm))  # data that is missing is told now, and not after the hours that the others take
    plans = [_plan(arguments, member) for member in members]
    engine_of(plans[0])  # the same for all
    started = time.monotonic()
    done = _run(members, plans, arguments)
    seconds = time.monotonic() - started
    if arguments.json:
        print(json.dumps(_document(collection.name, done, seconds), allow_nan=False, ensure_ascii=False))
    elif not arguments.quiet:
        print(_summary(done, seconds), file=sys.stderr)
    failed = [(one.scenario.name, one.result) for one in done if isinstance(one.result, RunError)]
    for name, error in failed:
        print(f"neurosim: {name} failed: {error}", file=sys.stderr)
    undrawn = [one.result for one in done if isinstance(one.result, Outcome) and one.result.undrawn]
    for outcome in undrawn:
        outcome.tell_undrawn()
    return 1 if failed else max((outcome.exit_code for outcome in undrawn), default=0)


@dataclass(frozen=True)
class _Done:
    """A scenario of the collection, where its recordings are, and how it went."""

    scenario: Scenario
    out: Path
    count: int
    result: Outcome | RunError


def _require_no_single(arguments: argparse.Namespace) -> None:
    given = [option for place, option in SINGLE.items() if getattr(arguments, place) not in (None, [])]
    told = f"is about a single scenario, and {arguments.scenario} is a collection; run that scenario by its own name"
    if given:
        raise InputError([Problem(option, told) for option in given])


def _plan(arguments: argparse.Namespace, scenario: Scenario) -> Plan:
    return Plan(
        Path(arguments.out or "runs") / scenario.name,
        backend=arguments.backend,
        threads=arguments.threads,
        resume=arguments.resume,
        stop=arguments.interruption.asked,
        minded=arguments.interruption.minded,
        checkpoints=arguments.checkpoints,
        engine=arguments.engine,
        scheduler=arguments.scheduler,
        extensions=arguments.extensions,
    )


def _run(members: Sequence[Scenario], plans: Sequence[Plan], arguments: argparse.Namespace) -> list[_Done]:
    done = []
    sizes = [work(scenario, plan) for scenario, plan in zip(members, plans, strict=True)]
    with Progress(sum(sizes), quiet=arguments.quiet, shares=True) as progress:
        for number, (scenario, plan, size) in enumerate(zip(members, plans, sizes, strict=True), start=1):
            count = len(runs(scenario, plan))
            place = f"{number} of {len(members)}, {scenario.name}"
            with progress.aside():
                if not arguments.quiet:
                    print(f"{place}: {extent(scenario, plan)}", file=sys.stderr, flush=True)
            progress.at(place)
            result = _attempt(scenario, plan, progress, size)
            done.append(_Done(scenario, plan.out, count, result))
            with progress.aside():
                _tell(done[-1], arguments)
    return done


def _attempt(scenario: Scenario, plan: Plan, progress: Progress, size: int) -> Outcome | RunError:
    """Run one scenario; however it ends, the progress over all has then grown by its size."""
    weight = size / sum(scenario.trials(arm) for arm, _ in runs(scenario, plan))
    left = float(size)

    def weighed(trials: int) -> None:
        nonlocal left
        left -= trials * weight
        progress(trials * weight)

    try:
        return carried_out(scenario, replace(plan, progress=weighed))
    except RunError as error:
        progress(left)
        return error


def _tell(done: _Done, arguments: argparse.Namespace) -> None:
    if isinstance(done.result, RunError):
        if not arguments.quiet:
            print(f"{done.scenario.name} failed; the others go on", file=sys.stderr)
    elif not arguments.json:
        print(f"{done.scenario.name}: {done.scenario.title}\n{done.result.table()}\n", flush=True)


def _summary(done: Sequence[_Done], seconds: float) -> str:
    """How long each took, and the command that checks what was claimed of those that can be checked."""
    width = max(len(one.scenario.name) for one in done)
    lines = []
    for one in done:
        told = (
            "failed" if isinstance(one.result, RunError) else f"{many(one.count, 'run')} in {one.result.seconds:.1f} s, {one.out}"
        )
        lines.append(f"{one.scenario.name.ljust(width)}  {told}")
    lines.append(f"{many(len(done), 'scenario')} in {seconds:.1f} s")
    checkable = [str(one.out) for one in done if isinstance(one.result, Outcome) and one.scenario.claim]
    if checkable:
        lines.append(f"claims  neurosim check {shlex.join(checkable)}")
    return "\n".join(lines)


def _document(name: str, done: Sequence[_Done], seconds: float) -> Mapping[str, Any]:
    told = [
        {"scenario": one.scenario.name, "error": str(one.result)} if isinstance(one.result, RunError) else one.result.document()
        for one in done
    ]
    return {"collection": name, "seconds": seconds, "scenarios": told}
