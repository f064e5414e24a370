"""The runs of a scenario: what is left of them to do, where their recordings are, and what these say about themselves."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.errors import DataError, EnvironmentFailure, InputError, Problem, nearest
from neurosim.recording import Recording
from neurosim.scenario.course import Course
from neurosim.scenario.description import Arm, Scenario
from neurosim.scenario.identity import identity
from neurosim.scenario.plan import Plan
from neurosim.scenario.standing import Place, forget, place_of

SETTABLE = ("seeds", "first_seed", "dtype", "title")
"""The keys of a scenario that one value changes."""


def chosen_arms(scenario: Scenario, names: Sequence[str]) -> list[Arm]:
    """The arms of these names and what a grid makes of them, in the scenario's order; all where none is named.

    In a name * stands for anything, as in `small_*`.

    Raises:
        InputError: an unknown name.
    """
    known = [arm.name for arm in scenario.arm]
    listed = ", ".join(arm.name for arm in scenario.arm if not arm.grid)
    chosen = {name: [arm for arm in known if fnmatchcase(arm, name)] for name in names}
    strange = [name for name in names if not chosen[name]]
    if strange:
        raise InputError([Problem(name, f"no such arm; there are {listed}", nearest(name, known)) for name in strange], "--arm")
    wanted = {arm for several in chosen.values() for arm in several}
    return [arm for arm in scenario.arm if not names or arm.name in wanted or arm.origin in wanted]


def path_of(out: Path, arm: str, seed: int) -> Path:
    """Where the recording of one arm and seed is."""
    return out / arm / f"seed_{seed}.h5"


def run_seeds(scenario: Scenario, arm: Arm, seeds: Sequence[int], key: str, plan: Plan, threads: int) -> list[Path]:
    """Runs of one arm, whose fingerprint is `key`, side by side; returns their recordings.

    With `resume`, complete runs are left out and those that were broken off go on where their checkpoints say; otherwise what an
    earlier attempt left is replaced.

    Raises:
        RunError: the numbers of one blew up.
        InputError: a checkpoint is of another scenario.
        EnvironmentFailure: a recording or a checkpoint cannot be written.
        Interrupted: the plan says stop; where the runs stand has been written down.
    """
    paths = [path_of(plan.out, arm.name, seed) for seed in seeds]
    left = {seed: path for seed, path in zip(seeds, paths, strict=True) if not (plan.resume and is_complete(path, key))}
    for path in set(paths) - set(left.values()):
        forget(path)  # the run may have been killed when all but this was done
    plan.progress(scenario.trials(arm) * (len(seeds) - len(left)))
    if left:
        made = _make_folder(paths[0].parent)
        try:
            _run(scenario, arm, left, plan, threads, key)
        except BaseException:
            for folder in made:
                with contextlib.suppress(OSError):  # not empty: what the run left is in it
                    folder.rmdir()
            raise
    return paths


def _by_place(left: Mapping[int, Path], known: Mapping[str, str], plan: Plan) -> list[tuple[Place, dict[int, Path]]]:
    """The runs that are to be done, by where they stand: those at one place go on side by side."""
    found: dict[Place, dict[int, Path]] = {}
    for seed, path in left.items():
        if plan.anew and not plan.resume:
            forget(path)
        found.setdefault(place_of(path, known), {})[seed] = path
    return sorted(found.items(), key=lambda item: item[0])


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
    }


def _run(scenario: Scenario, arm: Arm, left: Mapping[int, Path], plan: Plan, threads: int, key: str) -> None:
    """Run what is not complete yet, the seeds that stand at the same trial side by side."""
    known = identity(scenario, arm, plan.backend)
    apart = any(phase.until is not None for phase in scenario.phases(arm))
    for place, standing in _by_place(left, known, plan):
        for group in [{seed: path} for seed, path in standing.items()] if apart else [standing]:
            Course(scenario, arm, group, place, known, _attributes(scenario, arm, key), plan, threads).run()


def _make_folder(folder: Path) -> list[Path]:
    """Make a folder, and tell which ones had to be made for it, the innermost first."""
    try:
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentFailure(f"the folder {folder} cannot be made: {error.strerror}") from None
    return missing


def is_complete(path: Path, key: str) -> bool:
    """Whether a recording is there, complete, and of this fingerprint."""
    if not path.is_file():
        return False
    try:
        with Recording(path) as recording:
            return recording.status == "complete" and recording.attributes.get("fingerprint") == key
    except DataError:
        return False


def final_values(scenario: Scenario, recordings: Sequence[Path | Recording]) -> dict[str, dict[str, np.ndarray]]:
    """arm → quantity → its last value per seed, for the quantities of the scenario's table."""
    wanted = scenario.table or [name for name in scenario.record if "." not in name]
    rows: dict[str, dict[str, list[float]]] = {}
    for given in recordings:
        with contextlib.nullcontext(given) if isinstance(given, Recording) else Recording(given) as recording:
            row = rows.setdefault(str(recording.attributes["arm"]), {})
            for quantity in wanted:
                if quantity in recording:
                    row.setdefault(quantity, []).append(float(recording[quantity, -1].values))
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
