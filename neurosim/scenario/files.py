"""Scenario files: by name on the shelf or by path, checked before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from neurosim.circuit.files import read_toml
from neurosim.errors import Problem, ScenarioError
from neurosim.scenario.description import Scenario
from neurosim.scenario.validate import problems_in, structural
from neurosim.shelf import find, is_path


def load_scenario(name_or_path: str | Path) -> Scenario:
    """A scenario by its name on the shelf or by the path of a TOML file, checked.

    A path of a circuit in the file begins in the file's folder.

    Raises:
        InputError: no such scenario, or not TOML.
        ScenarioError: with every problem, each at its address.

    >>> load_scenario("linear_map").seeds
    20
    """
    path = find("scenarios", name_or_path)
    tables = read_toml(path)
    if "scenarios" in tables:
        raise ScenarioError([Problem("scenarios", "makes this file a collection; expected a single scenario")], str(path))
    if "population" in tables and "arm" not in tables:
        raise ScenarioError([Problem(str(path), "is a circuit; expected a scenario")])
    tables.setdefault("name", path.stem)
    return checked(_found_from(path.parent, tables), str(path), moments=True)


def _found_from(folder: Path, tables: dict[str, Any]) -> dict[str, Any]:
    """The tables of a file in a folder, whose paths of circuits begin there, as they are from where Python stands."""
    found = dict(tables)
    for key in ("arm", "phase"):
        if isinstance(found.get(key), list):
            found[key] = [_found_from(folder, item) if isinstance(item, dict) else item for item in found[key]]
    circuit = found.get("circuit")
    if isinstance(circuit, str) and is_path(circuit) and not circuit.startswith("~"):
        found["circuit"] = str(folder / circuit)
    return found


def checked(tables: Mapping[str, Any], place: str, *, moments: bool = False) -> Scenario:
    """The scenario that some tables describe; raises ScenarioError with all that is wrong.

    Args:
        tables: as a TOML file holds them, perhaps with values changed.
        place: what messages call it.
        moments: whether a claim about a trial at which nothing is recorded is wrong. In a file it is; a run that was made
            shorter on the command line is no less a run, and `neurosim check` says which claims cannot be judged by it.
    """
    try:
        scenario = Scenario.model_validate(dict(tables))
    except ValidationError as error:
        raise ScenarioError(structural(error), place) from None
    problems = list(problems_in(scenario, moments=moments))
    if problems:
        raise ScenarioError(dict.fromkeys(problems), place)
    return scenario
