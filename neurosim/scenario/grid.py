"""Parameter grids: for each arm and each combination of values, one more arm in which these values hold."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from neurosim.circuit.overrides import matches, override
from neurosim.errors import CircuitError, InputError, Problem, ScenarioError
from neurosim.scenario.description import Arm, Scenario
from neurosim.scenario.files import checked
from neurosim.scenario.runner import chosen_arms

LONGEST_NAME = 120
"""A longer name of an arm is cut to a digest: it is a folder's name, and those end at 255 bytes."""
MOST_ARMS = 1_000
"""As many as a file may have: each is checked before anything runs."""
OPTION = "--grid"


def with_grid(scenario: Scenario, grid: Mapping[str, Sequence[Any]], names: Sequence[str] = ()) -> Scenario:
    """A scenario whose arms are followed by those of a grid; the arms of the file stay as they are.

    Args:
        scenario: what is varied.
        grid: the values at each address; every combination makes an arm. An address with `*` is left out in the arms that
            have no such place.
        names: the arms that are varied, all if empty; the name of an arm of the grid stands for the arm that it is made of.

    Raises:
        InputError: no such arm, or an address or a list of values that makes no sense.
        ScenarioError: some of the arms cannot be run.

    >>> from neurosim.scenario.files import load_scenario
    >>> grown = with_grid(load_scenario("linear_map"), {"*.plasticity.eta": [0.01, 0.1]}, ["shallow"])
    >>> [arm.name for arm in grown.arm if arm.grid]
    ['shallow,plasticity.eta=0.01', 'shallow,plasticity.eta=0.1']
    """
    arms = chosen_arms(scenario, list(dict.fromkeys(name.partition(",")[0] for name in names)))
    problems = list(_problems(scenario, arms, grid))
    if problems:
        raise InputError(problems, OPTION)
    most = len(arms) * math.prod(len(values) for values in grid.values())
    if most > MOST_ARMS:
        raise InputError([Problem("", f"expected at most {MOST_ARMS:,} more arms, found {most:,}; run part after part")], OPTION)
    added = [_point(arm, point) for arm in arms for point in _points(scenario, arm, grid)]
    tables = scenario.model_dump()
    tables["arm"] += [arm.model_dump() for arm in added]
    try:
        return checked(tables, f"{scenario.name} with a grid")
    except ScenarioError as error:
        raise ScenarioError(told_once(error.problems, added), error.place) from None


def _problems(scenario: Scenario, arms: Sequence[Arm], grid: Mapping[str, Sequence[Any]]) -> Iterator[Problem]:
    for address, values in grid.items():
        texts = [_text(value) for value in values]
        if address.partition(".")[0] in Scenario.model_fields:
            yield Problem(address, "is no place in a circuit; run once for each of its values, with --set and --out")
        elif not values:
            yield Problem(address, "expected at least one value")
        elif len(set(texts)) < len(texts):
            yield Problem(address, f"the value {max(texts, key=texts.count)} is given twice")
        elif "*" not in address:
            yield from _nowhere(scenario, arms, address)
        elif not any(_has(scenario, arm, address) for arm in arms):
            yield Problem(address, "changes nothing: no element of these arms has this place")


def _nowhere(scenario: Scenario, arms: Sequence[Arm], address: str) -> Iterator[Problem]:
    """That an address names no element; once, though it may be so in every arm."""
    for arm in arms:
        for phase in scenario.phases(arm):
            try:
                override(scenario.circuit(arm, phase).to_tables(), {address: None})
            except CircuitError as error:
                yield from error.problems
                return


def _has(scenario: Scenario, arm: Arm, address: str) -> bool:
    return "*" not in address or any(matches(scenario.circuit(arm, phase).to_tables(), address) for phase in scenario.phases(arm))


def _points(scenario: Scenario, arm: Arm, grid: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Every combination of the values at those addresses that the arm has."""
    present = [address for address in grid if _has(scenario, arm, address)]
    for values in product(*(grid[address] for address in present)):
        if present:
            yield dict(zip(present, values, strict=True))


def _point(arm: Arm, values: Mapping[str, Any]) -> Arm:
    return arm.model_copy(update={"name": _name(arm, values), "label": _label(arm, values), "grid": dict(values)})


def _name(arm: Arm, values: Mapping[str, Any]) -> str:
    """The arm's name and its values, in letters that a folder's name may have; a digest tells apart what these cannot."""
    digest = hashlib.blake2b(json.dumps(values, default=str).encode(), digest_size=6).hexdigest()
    places = {address.removeprefix("*."): _text(value) for address, value in values.items()}
    parts = [f"{_safe(place)}={_safe(text)}" for place, text in places.items()]
    if any(_safe(text) != text for place in places.items() for text in place):
        parts.append(f"id={digest}")
    name = ",".join([arm.name, *parts])
    return name if len(name) <= LONGEST_NAME else f"{arm.name},id={digest}"


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.+-]+", "_", text).strip("_") or "_"


def _label(arm: Arm, values: Mapping[str, Any]) -> str:
    """How legends call it: of an address the end is enough, where no other address of the grid ends like it."""
    ends = [address.rpartition(".")[2] for address in values]
    told = [end if ends.count(end) == 1 else address for end, address in zip(ends, values, strict=True)]
    return ", ".join([arm.text, *(f"{place} = {_text(value)}" for place, value in zip(told, values.values(), strict=True))])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def told_once(problems: Iterable[Problem], arms: Sequence[Arm]) -> list[Problem]:
    """Of problems that several of these arms have alike, the first."""
    names = sorted((arm.name for arm in arms), key=len, reverse=True)
    found: dict[tuple[str, str], Problem] = {}
    for problem in problems:
        name = next((name for name in names if problem.address.startswith(f"arm.{name}.")), "")
        place = re.sub(r"^phase\.\d+\.", "", problem.address.removeprefix(f"arm.{name}."))
        found.setdefault((place, problem.message.partition("; there are ")[0]), problem)
    return list(found.values())
