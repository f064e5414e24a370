"""Changes at addresses: `hidden.size = 100`, `*.plasticity.eta = 0.01`."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Any

from neurosim.circuit.elements import Population, Projection
from neurosim.errors import CircuitError, Problem, nearest


def override(tables: Mapping[str, Any], changes: Mapping[str, Any], circuit: str = "") -> dict[str, Any]:
    """The tables of a circuit with the values at some addresses changed.

    An address is an element's name and a path inside it. A name with `*` stands for every element that already holds the
    place (for none, too); a name without it must exist.

    Raises:
        CircuitError: an address names no element, or has no path.

    >>> override({"population": {"hidden": {"size": 3}}, "projection": []}, {"hid*.size": 5})["population"]
    {'hidden': {'size': 5}}
    """
    changed: dict[str, Any] = _copied(tables)
    elements: dict[str, dict[str, Any]] = dict(changed.get("population", {}))
    for projection in changed.get("projection", []):
        elements[projection.get("name", f"{projection.get('pre')}_to_{projection.get('post')}")] = projection
    problems = []
    for address, value in changes.items():
        name, _, path = address.partition(".")
        matching = [element for element in elements if fnmatch.fnmatchcase(element, name)]
        if not path:
            problems.append(Problem(address, f"expected an element and a place in it, like '{_like(name, elements)}.size'"))
        elif not matching and "*" not in name:
            listed = ", ".join(elements)
            problems.append(
                Problem(address, f"no population or projection {name!r}; there are {listed}", nearest(name, elements))
            )
        for element in matching:
            fields = Population.model_fields if element in tables.get("population", {}) else Projection.model_fields
            if "*" not in name:
                _set(elements[element], path.split("."), value)
            elif path.split(".")[0] in fields:
                _set_existing(elements[element], path.split("."), value)
    if problems:
        raise CircuitError(problems, f"circuit {circuit!r}" if circuit else "circuit")
    return changed


def _copied(value: Any) -> Any:
    """Tables and lists anew, down to values that cannot be changed."""
    if isinstance(value, Mapping):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def _like(name: str, elements: Mapping[str, Any]) -> str:
    return nearest(name, elements) or next(iter(elements), "hidden")


def matches(tables: Mapping[str, Any], address: str) -> bool:
    """Whether an address with `*` changes anything in the tables of a circuit.

    >>> matches({"population": {"hidden": {"size": 3}}, "projection": []}, "feed*.size")
    False
    """
    return override(tables, {address: object}) != tables


def _set(element: dict[str, Any], path: list[str], value: Any) -> None:
    place = element
    for key in path[:-1]:
        if not isinstance(place.get(key), dict):
            place[key] = {}
        place = place[key]
    place[path[-1]] = _copied(value)


def _set_existing(element: dict[str, Any], path: list[str], value: Any) -> None:
    place: Any = element
    for key in path[:-1]:
        place = place.get(key) if isinstance(place, dict) else None
    if isinstance(place, dict) and (len(path) == 1 or path[-1] in place):
        place[path[-1]] = _copied(value)
