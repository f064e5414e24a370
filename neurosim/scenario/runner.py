"""One run: an arm with a seed, through all phases, into a recording of its own."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import inspect
import json
import textwrap
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.circuit.circuit import Circuit
from neurosim.errors import DataError, EnvironmentFailure, InputError, Problem, nearest
from neurosim.metrics.look import resolve
from neurosim.models.connectors import CONNECTORS
from neurosim.models.neurons import NEURONS
from neurosim.models.plasticity import RULES
from neurosim.models.transfer import TRANSFERS
from neurosim.models.weights import WEIGHTS
from neurosim.recording import Recording
from neurosim.scenario.description import Arm, Phase, Scenario
from neurosim.scenario.slices import WHOLE, Slice
from neurosim.simulator import Ensemble, Recorder, Simulator, record
from neurosim.simulator.recorder import what
from neurosim.tasks import TASKS, Task

Progress = Callable[[int], None]
SETTABLE = ("seeds", "first_seed", "dtype", "title")
"""The keys of a scenario that one value changes."""


@dataclass(frozen=True)
class Plan:
    """What a run of a scenario is to do, beside what its file says.

    Attributes:
        out: the folder for recordings.
        arms: names of the arms to run, each with what a grid makes of it; all if empty.
        backend, threads: how.
        resume: leave out runs whose recordings are complete and were made by this same scenario.
        progress: called with a number of trials each time that so many more have been learned.
        slice: which part of the runs; all of them unless said otherwise.
        engine: what spreads the work: `serial`, `dask`, or one of your own.
        scheduler: the address of a running dask scheduler; the engine `dask` starts processes of its own without one.
        extensions: Python files whose rules, tasks … workers in other processes need, as `--with` names them.
    """

    out: Path
    arms: Sequence[str] = ()
    backend: str = "cpu"
    threads: int = 1
    resume: bool = False
    progress: Progress = field(default=lambda trials: None)
    slice: Slice = WHOLE
    engine: str = "serial"
    scheduler: str = ""
    extensions: Sequence[str | Path] = ()


def chosen_arms(scenario: Scenario, names: Sequence[str]) -> list[Arm]:
    """The arms of these names and what a grid makes of them, in the scenario's order; all where none is named.

    Raises:
        InputError: an unknown name.
    """
    known = [arm.name for arm in scenario.arm]
    listed = ", ".join(arm.name for arm in scenario.arm if not arm.grid)
    unknown = [Problem(name, f"no such arm; there are {listed}", nearest(name, known)) for name in names if name not in known]
    if unknown:
        raise InputError(unknown, "--arm")
    return [arm for arm in scenario.arm if not names or arm.name in names or arm.origin in names]


def path_of(out: Path, arm: str, seed: int) -> Path:
    """Where the recording of one arm and seed is."""
    return out / arm / f"seed_{seed}.h5"


def fingerprint(scenario: Scenario, arm: Arm, backend: str = "cpu") -> str:
    """What decides the results of an arm, in short: task, circuits, phases, what is recorded, their source, backend, version.

    Two runs of the same fingerprint and seed on the same machine hold the same numbers.
    """
    task = [scenario.task.name, {**scenario.task.parameters, **arm.task}]
    parts: list[Any] = [version("neurosim"), backend, task, scenario.dtype, scenario.record]
    parts += [phase.model_dump() for phase in scenario.phases(arm)]
    circuits = [scenario.circuit(arm, phase) for phase in scenario.phases(arm)]
    parts += [[circuit.to_tables() for circuit in circuits], _sources(scenario, circuits)]
    return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16).hexdigest()


def _sources(scenario: Scenario, circuits: Sequence[Circuit]) -> list[str]:
    """The texts of all that a user may have written, and edited since: rules, formulas, weights, connectors, task, metrics."""
    found: list[Any] = [TASKS[scenario.task.name]]
    found += [metric[0].function for address in scenario.record if (metric := resolve(address)) is not None]
    for circuit in circuits:
        for projection in circuit.projections.values():
            kind = WEIGHTS[projection.weights.name] if projection.weights else None
            derived = kind.derivation.function if kind is not None and kind.derivation is not None else None
            found += [RULES[projection.plasticity.name].change, CONNECTORS[projection.connector.name].join]
            found += [kind.draw if kind is not None else None, derived]
        for population in circuit.populations.values():
            transfer, model = TRANSFERS[population.transfer.name], NEURONS[population.model.name]
            found += [transfer.value, transfer.slope, model.arriving, *model.formulas.values()]
            found += [RULES[population.bias.plasticity.name].change] if population.bias else []
    return sorted({_text(thing) for thing in found if thing is not None})


@lru_cache(maxsize=1024)
def _text(thing: Any) -> str:
    """What a function or class does: its source without docstrings and comments; its name where there is no source."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(thing)))
    except (OSError, TypeError, SyntaxError):
        return f"{thing.__module__}.{thing.__qualname__}"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def run_seeds(scenario: Scenario, arm: Arm, seeds: Sequence[int], key: str, plan: Plan, threads: int) -> list[Path]:
    """Runs of one arm, whose fingerprint is `key`, side by side; returns their recordings.

    What an earlier attempt left half written is replaced.

    Raises:
        RunError: the numbers of one blew up.
        EnvironmentFailure: a recording cannot be written.
    """
    paths = [path_of(plan.out, arm.name, seed) for seed in seeds]
    left = {seed: path for seed, path in zip(seeds, paths, strict=True) if not (plan.resume and is_complete(path, key))}
    plan.progress(scenario.trials(arm) * (len(seeds) - len(left)))
    if left:
        made = _make_folder(paths[0].parent)
        try:
            _run(scenario, arm, left, _attributes(scenario, arm, key), plan, threads)
        except BaseException:
            for folder in made:
                with contextlib.suppress(OSError):  # not empty: something else is there by now
                    folder.rmdir()
            raise
    return paths


def _run(
    scenario: Scenario, arm: Arm, paths: Mapping[int, Path], attributes: Mapping[str, Any], plan: Plan, threads: int
) -> None:
    phases, tasks = scenario.phases(arm), [scenario.task_of(arm, seed) for seed in paths]
    ensemble = _ensemble(scenario, arm, phases[0], list(paths), plan, threads)
    later = [Simulator(scenario.circuit(arm, phase), dtype=scenario.dtype) for phase in phases[1:]]
    recorded = _recordable(scenario, [ensemble[0], *later])
    with contextlib.ExitStack() as stack:
        recorders = [stack.enter_context(record(path, recorded, **attributes)) for path in paths.values()]
        for recorder, member, task in zip(recorders, ensemble, tasks, strict=True):
            recorder.plan(member, task, scenario.trials(arm), later)
        for index, phase in enumerate(phases):
            if index:
                ensemble = _carried(_ensemble(scenario, arm, phase, list(paths), plan, threads), ensemble)
            watched = [_Watched(r, plan.progress, m.trial) for r, m in zip(recorders, ensemble, strict=True)]
            ensemble.train(tasks, phase.length(tasks[0]), batch=phase.batch, into=watched)
            for watcher, member in zip(watched, ensemble, strict=True):
                watcher.catch_up(member.trial)


def _attributes(scenario: Scenario, arm: Arm, key: str) -> dict[str, str | int | float]:
    """What a recording says about where it comes from."""
    return {
        "scenario": scenario.name,
        "scenario_title": scenario.title,
        "scenario_source": scenario.source,
        "scenario_description": scenario.about(arm).model_dump_json(),
        "fingerprint": key,
        "arm": arm.name,
        "arm_label": arm.text,
        "arm_order": scenario.arm.index(arm),
        "grid": json.dumps(arm.grid),
        "trials_per_pass": scenario.task_of(arm).trials_per_pass or 0,
        "phases": json.dumps(list(_phases(scenario, arm))),
    }


def _phases(scenario: Scenario, arm: Arm) -> Iterator[dict[str, Any]]:
    """The phases of an arm: from which trial to which, and what does not change in them."""
    first = 0
    for phase in scenario.phases(arm):
        last = first + phase.length(scenario.task_of(arm))
        yield {"first": first, "last": last, "frozen": phase.freeze, "circuit": scenario.circuit(arm, phase).label}
        first = last


def _make_folder(folder: Path) -> list[Path]:
    """Make a folder, and tell which ones had to be made for it, the innermost first."""
    try:
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentFailure(f"the folder {folder} cannot be made: {error.strerror}") from None
    return missing


def _ensemble(scenario: Scenario, arm: Arm, phase: Phase, seeds: Sequence[int], plan: Plan, threads: int) -> Ensemble:
    circuit = scenario.circuit(arm, phase)
    return Ensemble(circuit, seeds, backend=plan.backend, dtype=scenario.dtype, threads=threads)


def _carried(ensemble: Ensemble, earlier: Ensemble) -> Ensemble:
    """The next phase's simulators, with the weights and the trial numbers that the earlier phase ended with."""
    for member, before in zip(ensemble, earlier, strict=True):
        member.state.carry(before.state)
        member.trial = before.trial
    return ensemble


def _recordable(scenario: Scenario, simulators: Sequence[Simulator]) -> dict[str, int]:
    """What this arm has, in one phase or another, of what the scenario records."""
    return {a: interval for a, interval in scenario.record.items() if any(_has(simulator, a) for simulator in simulators)}


def _has(simulator: Simulator, address: str) -> bool:
    try:
        what(simulator, address)
    except InputError:
        return False
    return True


def is_complete(path: Path, key: str) -> bool:
    """Whether a recording is there, complete, and of this fingerprint."""
    if not path.is_file():
        return False
    try:
        with Recording(path) as recording:
            return recording.status == "complete" and recording.attributes.get("fingerprint") == key
    except DataError:
        return False


class _Watched:
    """A recorder whose looks also tell how far the run is."""

    def __init__(self, recorder: Recorder, progress: Progress, start: int) -> None:
        self._recorder = recorder
        self._progress = progress
        self._reached = start

    def moments(self, simulator: Simulator, task: Task, trials: int, batch: int) -> Sequence[int]:
        return self._recorder.moments(simulator, task, trials, batch)

    def look(self, simulator: Simulator, task: Task) -> None:
        self._recorder.look(simulator, task)
        self.catch_up(simulator.trial)

    def catch_up(self, trial: int) -> None:
        with _PROGRESS:
            self._progress(trial - self._reached)
        self._reached = trial


_PROGRESS = threading.Lock()


def final_values(scenario: Scenario, paths: Sequence[Path]) -> dict[str, dict[str, np.ndarray]]:
    """arm → quantity → its last value per seed, for the quantities of the scenario's table."""
    wanted = scenario.table or [name for name in scenario.record if "." not in name]
    rows: dict[str, dict[str, list[float]]] = {}
    for path in paths:
        with Recording(path) as recording:
            row = rows.setdefault(str(recording.attributes["arm"]), {})
            for quantity in wanted:
                if quantity in recording.addresses:
                    row.setdefault(quantity, []).append(float(recording[quantity].values[-1]))
    return {arm: {quantity: np.asarray(values) for quantity, values in row.items()} for arm, row in rows.items()}


def with_changes(scenario: Scenario, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The tables of a scenario with values changed: scenario keys by name (`seeds`), the rest in every arm's circuit.

    What is recorded has dots in its name: `record.hidden.angle` is the interval of `hidden.angle`.

    >>> from neurosim.scenario.files import load_scenario
    >>> with_changes(load_scenario("linear_map"), {"seeds": 2, "hidden.size": 5})["changes"]
    {'hidden.size': 5}
    """
    unknown = [
        Problem(
            key, "expected a key of the scenario, or an element and a place in it, like 'hidden.size'", nearest(key, SETTABLE)
        )
        for key in changes
        if "." not in key and key not in Scenario.model_fields
    ]
    if unknown:
        raise InputError(unknown, "--set")
    tables = scenario.model_dump()
    own = {key: value for key, value in changes.items() if key.split(".")[0] in Scenario.model_fields}
    for address, value in own.items():
        room, _, rest = address.partition(".")
        _set(tables, [room, rest] if room in ("record", "set") and rest else address.split("."), value)
    others = {key: value for key, value in changes.items() if key not in own}
    if isinstance(tables["changes"], dict):
        tables["changes"] = {**tables["changes"], **others}
    return tables


def _set(tables: Any, path: Sequence[str], value: Any) -> None:
    for key in path[:-1]:
        tables = _inner(tables, key, path)
    if isinstance(tables, dict):
        tables[path[-1]] = value
    else:
        raise InputError([Problem(".".join(path), "there is no such place in the scenario")], "--set")


def _inner(tables: Any, key: str, path: Sequence[str]) -> Any:
    """What stands under a key, or in a list at a number or under a name: `arm.0` and `arm.shallow`."""
    if isinstance(tables, dict) and key in tables:
        return tables[key]
    if isinstance(tables, list):
        named = [one for index, one in enumerate(tables) if key in (str(index), one.get("name"))]
        if named:
            return named[0]
    raise InputError([Problem(".".join(path), "there is no such place in the scenario")], "--set")
