"""Collections: scenarios that are run one after the other under one name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from neurosim.circuit.files import read_toml
from neurosim.errors import InputError, Problem, ScenarioError, nearest
from neurosim.parameters import STRICT, problems_of
from neurosim.scenario.description import Scenario
from neurosim.scenario.files import load_scenario
from neurosim.shelf import find, names


class Collection(BaseModel):
    """Scenarios by their names on the shelf or by path, in the order in which they are run."""

    model_config = STRICT

    name: str
    title: str
    notes: str = ""
    scenarios: Annotated[list[str], Field(min_length=1)]


def is_collection(name_or_path: str | Path) -> bool:
    """Whether a file of the scenario shelf, or a TOML file by its path, is a collection and not a scenario.

    Raises:
        InputError: there is no such file, or it is not TOML.

    >>> is_collection("all-paper"), is_collection("linear_map")
    (True, False)
    """
    return "scenarios" in read_toml(find("scenarios", name_or_path))


def shelved() -> dict[bool, list[str]]:
    """The names on the scenario shelf: under True the collections, under False the scenarios.

    >>> "linear_map" in shelved()[False]
    True
    """
    found: dict[bool, list[str]] = {True: [], False: []}
    for name in names("scenarios"):
        mentioned = b"scenarios" in find("scenarios", name).read_bytes()  # reading TOML takes far longer than that
        found[mentioned and is_collection(name)].append(name)
    return found


def load_collection(name_or_path: str | Path) -> tuple[Collection, list[Scenario]]:
    """A collection by its name on the shelf or by the path of a TOML file, and its scenarios, all checked.

    Raises:
        InputError: no such collection, or not TOML.
        ScenarioError: with every problem of the file and of each of its scenarios.

    >>> [scenario.name for scenario in load_collection("all-paper")[1]][:2]
    ['linear_map', 'nonlinear_map']
    """
    path = find("scenarios", name_or_path)
    collection = _described(read_toml(path), path)
    problems: list[Problem] = list(_doubled(collection.scenarios))
    members: list[Scenario] = []
    kinds = shelved()
    for index, member in enumerate(collection.scenarios):
        if member in collection.scenarios[:index]:
            continue
        try:
            members.append(_member(member, f"scenarios.{index}", kinds))
        except InputError as error:
            problems += error.problems
    problems += [] if problems else _doubled([member.name for member in members])
    if problems:
        raise ScenarioError(problems, str(path))
    return collection, members


def _described(tables: Mapping[str, Any], path: Path) -> Collection:
    try:
        return Collection.model_validate({"name": path.stem, **tables})
    except ValidationError as error:
        raise ScenarioError(problems_of(error, "", Collection.model_fields), str(path)) from None


def _doubled(listed: list[str]) -> Iterator[Problem]:
    """That a scenario comes twice: its recordings would be written over one another."""
    for index, name in enumerate(listed):
        if name in listed[:index]:
            yield Problem(f"scenarios.{index}", f"a second scenario of the name {name!r}")


def _member(name: str, where: str, kinds: Mapping[bool, list[str]]) -> Scenario:
    """A scenario of a collection; what is wrong with it is told at its place in the collection."""
    if name in kinds[True]:
        raise InputError([Problem(where, f"{name!r} is a collection itself; expected scenarios")])
    if not name.endswith(".toml") and "/" not in name and "\\" not in name and name not in kinds[False]:
        listed = ", ".join(kinds[False])
        raise InputError([Problem(where, f"no scenario {name!r}; there are {listed}", nearest(name, kinds[False]))])
    try:
        return load_scenario(name)
    except InputError as error:
        raise InputError([Problem(f"{where}.{name}", str(p)) for p in error.problems]) from None
