"""TOML as tables: descriptions that are syntactically right and say something else than was meant."""

# ruff: noqa: E501 - tables of values
from __future__ import annotations

import copy
import datetime
import math
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

Tables = dict[str, Any]
Place = tuple[Any, Any]
"""A table or a list, and a key or an index in it."""


def places(tables: Any) -> Iterator[Place]:
    """Every place that holds a value, at any depth."""
    keys = list(tables) if isinstance(tables, dict) else range(len(tables)) if isinstance(tables, list) else ()
    for key in keys:
        yield tables, key
        yield from places(tables[key])


def another_value(tables: Tables, random: Random, pool: list[Any]) -> None:
    """A value is any of those that nobody expects."""
    holder, key = random.choice(list(places(tables)))
    holder[key] = copy.deepcopy(random.choice(VALUES))


def value_from_elsewhere(tables: Tables, random: Random, pool: list[Any]) -> None:
    """A value is one that stands somewhere else, in this file or another one."""
    holder, key = random.choice(list(places(tables)))
    holder[key] = copy.deepcopy(random.choice(pool))


def without_a_key(tables: Tables, random: Random, pool: list[Any]) -> None:
    """A key, or an element of a list, is missing."""
    holder, key = random.choice(list(places(tables)))
    del holder[key]


def renamed_key(tables: Tables, random: Random, pool: list[Any]) -> None:
    """A key has another name."""
    holder, key = random.choice([place for place in places(tables) if isinstance(place[0], dict)])
    holder[_name(key, random)] = holder.pop(key)


def further_key(tables: Tables, random: Random, pool: list[Any]) -> None:
    """There is one key more."""
    holders = [tables, *(holder[key] for holder, key in places(tables) if isinstance(holder[key], dict))]
    random.choice(holders)[_name("extra", random)] = copy.deepcopy(random.choice([*VALUES, *pool]))


def element_twice(tables: Tables, random: Random, pool: list[Any]) -> None:
    """An element of a list comes twice."""
    lists = [holder[key] for holder, key in places(tables) if isinstance(holder[key], list) and holder[key]]
    if lists:
        chosen = random.choice(lists)
        chosen.append(copy.deepcopy(random.choice(chosen)))


def scaled_number(tables: Tables, random: Random, pool: list[Any]) -> None:
    """A number is much larger or smaller, negative, or of the other kind."""
    numbers = [(holder, key) for holder, key in places(tables) if type(holder[key]) in (int, float)]
    if numbers:
        holder, key = random.choice(numbers)
        old = holder[key]
        others = [-old, 0, old + 1, old * 1000, 10**30, old + 0.5 if abs(old) < 1e300 else 0.5]
        if abs(old) < 1e300:
            others += [float(old), int(old), 1e300 * old]
        holder[key] = random.choice(others)


def _name(key: str, random: Random) -> str:
    return random.choice(
        (f"{key}x", key[:-1], key.upper(), "", "a.b", "é", "name", "kind", "\x1b[2J", "x" * 3000, "*", "__class__", "key\n2")
    )


VALUES: tuple[Any, ...] = (
    0, -1, 1, 2, 7, 10**18, 2**31, 2**63, 10**40, 10**400, -(10**40), 0.0, 0.5, -0.5, 1.5, 1e-300, 1e300, math.inf, -math.inf, math.nan, True,
    False, "", " ", "none", "run", "x", "*", "*.*", ".", "..", "a.b.c.d.e", "hidden", "hidden.rate", "input_to_hidden.weights", "nse", "fixed", "delta",
    "\0", "\x1b[31m", "é", "x" * 4000, "/", "/dev/zero", "../x.toml", "circuit.toml", [], {}, [[]], [{}], [0], ["x"], [1, [2]], [math.nan], [[1.0, 2.0], [3.0]],
    {"": 0}, {"kind": "uniform"}, {"kind": "uniform", "bound": 1.0, "x": 2}, {"kind": "explicit", "values": [1.0]}, {"kind": "tied", "to": "input_to_hidden"},
    {"rule": "delta", "eta": 0.1}, {"family": "layered", "sizes": [3, 2], "feedback": "random"}, {"family": "layered", "sizes": 3}, {"a": {"b": {"c": 1}}},
    {"name": "x"}, {"name": "x", "parameters": {}}, {"name": "uniform", "parameters": {"bound": 1}}, {"name": 1, "parameters": 2},
    datetime.date(1979, 5, 27), datetime.time(7, 32), datetime.datetime(1979, 5, 27, 7, 32),
)  # fmt: skip

CHANGES: dict[str, Callable[[Tables, Random, list[Any]], None]] = {
    change.__name__: change
    for change in (another_value, value_from_elsewhere, without_a_key, renamed_key, further_key, element_twice, scaled_number)
}
