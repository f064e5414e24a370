"""What decides the results of an arm, item by item: two runs that agree in all of it and in their seed hold the same numbers."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import sys
import textwrap
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import numpy as np

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.formulas import formulas_of
from neurosim.metrics.look import resolve
from neurosim.scenario.description import Arm, Scenario
from neurosim.surroundings import around, is_users
from neurosim.tasks import TASKS

TOLD = 3
"""So many differences are named; where two runs differ in more, these say enough."""


def identity(scenario: Scenario, arm: Arm, backend: str = "cpu") -> dict[str, str]:
    """Each thing that decides the results under its address: version, backend, task, phases, circuits, and their source.

    The source counts of all that a user may have written, and edited since: rules, formulas, weights, connectors, tasks, metrics,
    and the functions, base classes, modules and constants of the user's that these use.
    """
    phases = scenario.phases(arm)
    circuits = [scenario.circuit(arm, phase) for phase in phases]
    parts: dict[str, Any] = {
        "version of neurosim": version("neurosim"),
        "backend": backend,
        "dtype": scenario.dtype,
        "task": {"name": scenario.task.name, **scenario.task.parameters, **arm.task},
        "record": scenario.record,
        "phase": [phase.model_dump() for phase in phases],
        "circuit": [circuit.to_tables() for circuit in circuits],
        "source of": {name: _digest(_whole_text(thing)) for name, thing in _sources(scenario, circuits)},
    }
    if arm.equal_errors is not None:
        parts["equal_errors"] = arm.equal_errors
    return dict(_flat(parts, ""))


def fingerprint(scenario: Scenario, arm: Arm, backend: str = "cpu") -> str:
    """The identity of an arm in short."""
    return _digest(json.dumps(identity(scenario, arm, backend), sort_keys=True))


def differences(then: Mapping[str, str], now: Mapping[str, str]) -> str:
    """What two identities differ in, in words; nothing where they agree.

    >>> differences({"phase.0.batch": "1", "dtype": "float32"}, {"phase.0.batch": "20", "dtype": "float32"})
    'phase.0.batch was 1, is 20'
    """
    differing = [address for address in sorted({*then, *now}) if then.get(address) != now.get(address)]
    told = [_difference(address, then.get(address), now.get(address)) for address in differing[:TOLD]]
    more = [f"{len(differing) - TOLD} more"] if len(differing) > TOLD else []
    return ", ".join([*told, *more])


def _difference(address: str, then: str | None, now: str | None) -> str:
    if address.startswith("source of"):
        return f"the {address} is another one"
    return f"{address} was {'not there' if then is None else then}, is {'not there' if now is None else now}"


def _flat(value: Any, address: str) -> Iterator[tuple[str, str]]:
    """The leaves of nested mappings and lists by address."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not items or address.endswith((".values", ".pairs")):
        yield address, json.dumps(value, sort_keys=True)
        return
    for key, inner in items:
        name = inner.get("name") if isinstance(inner, dict) and isinstance(value, list) else None
        joint = " " if address == "source of" else "."
        yield from _flat(inner, f"{address}{joint}{name or key}" if address else str(key))


def _sources(scenario: Scenario, circuits: list[Circuit]) -> Iterator[tuple[str, Any]]:
    """Everything whose text decides what comes out, with its name."""
    yield f"the task {scenario.task.name}", TASKS[scenario.task.name]
    for address in scenario.record:
        found = resolve(address) or resolve(address.partition(".")[2])
        if found is not None:
            yield f"the metric of {address}", found[0].function
    for circuit in circuits:
        yield from formulas_of(circuit)


def _whole_text(thing: Any) -> str:
    """The text of a thing, and where a user has written it, of all that it uses of the user's: functions, bases, constants."""
    texts: list[str] = []
    if thing is not None:
        _collect(thing, texts, set())
    return "\n".join(texts)


def _collect(thing: Any, texts: list[str], known: set[int]) -> None:
    known.add(id(thing))
    texts.append(_text(thing))
    if not is_users(thing):
        return
    written = _assigned(thing.__module__)
    for function in _functions(thing):
        for name, value in around(function):
            _collect_value(name, value, written.get(name), texts, known)
    for base in thing.__mro__[1:] if inspect.isclass(thing) else ():
        _collect_value(base.__name__, base, None, texts, known)


def _collect_value(name: str, value: Any, written: str | None, texts: list[str], known: set[int]) -> None:
    """What a name means: the text of something of the user's, or a value that cannot change.

    Of what may change while it is used, as a table of what has been computed does, what is written counts; of what is in no file,
    an array counts by its numbers, and anything else by its kind only.
    """
    if id(value) in known:
        return
    if inspect.isclass(value) or inspect.isroutine(value):
        if is_users(value):
            _collect(value, texts, known)
    elif inspect.ismodule(value):
        if is_users(value):
            known.add(id(value))
            texts.append(inspect.getsource(value))
    elif _is_fixed(value):
        texts.append(f"{name} = {value!r}")
    elif written is not None:
        texts.append(written)
    elif isinstance(value, np.ndarray):
        texts.append(f"{name} = {value.dtype} {value.shape} {_digest(value.tobytes().hex())}")
    else:
        texts.append(f"{name}: {type(value).__name__}")


def _is_fixed(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(_is_fixed(item) for item in value)
    return value is None or isinstance(value, bool | int | float | complex | str | bytes | np.generic)


@lru_cache(maxsize=64)
def _assigned(module: str) -> dict[str, str]:
    """The names that a module gives a value to, and the statements that do so; none where it is in no file."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (KeyError, OSError, TypeError, SyntaxError):
        return {}
    found: dict[str, str] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    found[node.id] = found.get(node.id, "") + ast.unparse(statement) + "\n"
    return found


def _functions(thing: Any) -> Iterator[Any]:
    """A function itself, or the functions of a class."""
    if not inspect.isclass(thing):
        yield thing
        return
    for value in vars(thing).values():
        inner = value.fget if isinstance(value, property) else getattr(value, "func", None) or getattr(value, "__func__", value)
        if inspect.isfunction(inner):
            yield inner


@lru_cache(maxsize=1024)
def _text(thing: Any) -> str:
    """What a function or class does: its source, but for docstrings, comments and annotations; its name where there is none."""
    if thing is None:
        return ""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(thing)))
    except (OSError, TypeError, SyntaxError):
        return f"{thing.__module__}.{thing.__qualname__}"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    return ast.unparse(tree)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
