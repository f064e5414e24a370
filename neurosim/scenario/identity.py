"""What decides the results of an arm, item by item: two runs that agree in all of it and in their seed hold the same numbers."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from neurosim.circuit.circuit import Circuit
from neurosim.metrics.look import resolve
from neurosim.models.connectors import CONNECTORS
from neurosim.models.neurons import NEURONS
from neurosim.models.plasticity import RULES
from neurosim.models.transfer import TRANSFERS
from neurosim.models.weights import WEIGHTS
from neurosim.scenario.description import Arm, Scenario
from neurosim.tasks import TASKS

TOLD = 3
"""So many differences are named; where two runs differ in more, these say enough."""


def identity(scenario: Scenario, arm: Arm, backend: str = "cpu") -> dict[str, str]:
    """Each thing that decides the results under its address: version, backend, task, phases, circuits, and their source.

    The source counts of all that a user may have written, and edited since: rules, formulas, weights, connectors, tasks, metrics.
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
        "source of": {name: _digest(_text(thing)) for name, thing in _sources(scenario, circuits)},
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
        for projection in circuit.projections.values():
            yield f"the rule {projection.plasticity.name}", RULES[projection.plasticity.name].change
            yield f"the connector {projection.connector.name}", CONNECTORS[projection.connector.name].join
            if projection.weights is not None:
                kind = WEIGHTS[projection.weights.name]
                yield f"the weights {projection.weights.name}", kind.draw
                if kind.derivation is not None:
                    yield f"the derivation of {projection.weights.name}", kind.derivation.function
        for population in circuit.populations.values():
            transfer, model = TRANSFERS[population.transfer.name], NEURONS[population.model.name]
            yield f"the transfer function {population.transfer.name}", transfer.value
            yield f"the slope of {population.transfer.name}", transfer.slope
            for variable, formula in {"arriving": model.arriving, **model.formulas}.items():
                yield f"the neuron model {population.model.name}, {variable}", formula
            if population.bias is not None:
                yield f"the rule {population.bias.plasticity.name}", RULES[population.bias.plasticity.name].change


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
