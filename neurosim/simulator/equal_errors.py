"""Feedback weights scaled so that every layer receives an error of the same size."""

from __future__ import annotations

from collections.abc import Iterator

import networkx as nx
import numpy as np

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.elements import Projection
from neurosim.errors import InputError, Problem
from neurosim.models.plasticity import RULES
from neurosim.simulator.simulator import Simulator
from neurosim.tasks import Task


def equalise_errors(simulator: Simulator, task: Task, size: float = 1.0, trials: int = 256) -> dict[str, float]:
    """Scale the fixed random weights onto feedback populations, from the error downwards.

        B ← B · size · rms(δ_output) / rms(δ)

    δ is the teaching signal of the hidden population that the feedback population teaches (what it passes on, where it teaches
    none), so slopes and gates are in it; rms is over neurons and the first trials of the run, as the weights are at first.

    Args:
        simulator: whose weights are scaled, in place.
        task: where the trials come from.
        size: how large the errors of the hidden layers are, compared with the output's.
        trials: over how many trials they are measured.

    Returns:
        By which factor the weights of each projection were multiplied.

    Raises:
        InputError: there are no such projections, or no error arrives.

    Source: Supp. Note 5: "roughly the same magnitude of error arrived at each layer".

    >>> from neurosim.circuit.layered import layered
    >>> from neurosim.tasks import LinearMap
    >>> simulator = Simulator(layered([4, 3, 3, 2], feedback="random"), seed=1, backend="reference")
    >>> sorted(equalise_errors(simulator, LinearMap(4, 2)))
    ['error_to_feedback2', 'feedback2_to_feedback1']
    """
    found = list(feedback_projections(simulator.circuit))
    if not found:
        raise InputError([Problem("equal_errors", "there is no fixed random projection onto a feedback population to scale")])
    inputs, targets = simulator.present(task, simulator.trial, trials)
    outputs = [f"{population.name}.teaching" for population in simulator.circuit.of_role("output")]
    wanted = size * _rms(simulator, inputs, targets, outputs[0])
    factors = {}
    for projection, seen in found:
        present = _rms(simulator, inputs, targets, seen)
        if not (present > 0 and wanted > 0):
            raise InputError([Problem(projection.name, f"no error arrives at {seen}, so its weights cannot be scaled")])
        factors[projection.name] = wanted / present
        address = f"{projection.name}.weights"
        simulator.state[address] = simulator.state[address] * factors[projection.name]
    return factors


def feedback_projections(circuit: Circuit) -> Iterator[tuple[Projection, str]]:
    """Fixed projections with weights of their own onto feedback populations, from the error downwards, each with the signal
    in which the size of the error that it brings is seen.

    >>> from neurosim.circuit.layered import layered
    >>> [signal for _, signal in feedback_projections(layered([4, 3, 3, 2], feedback="random"))]
    ['hidden2.teaching', 'hidden1.teaching']
    """
    feedback = {population.name for population in circuit.of_role("feedback")}
    onto = [p for p in circuit.projections.values() if p.post in feedback and p.receptor == "drive"]
    order = nx.DiGraph([(projection.pre, projection.post) for projection in onto])
    depth = {name: index for index, name in enumerate(nx.lexicographical_topological_sort(order))}
    for projection in sorted(onto, key=lambda p: (depth[p.post], p.name)):
        weighted = projection.weights is not None and projection.derivation is None
        if weighted and not RULES[projection.plasticity.name].plastic:
            taught = [p.post for p in circuit.projections.values() if p.pre == projection.post and p.receptor == "modulatory"]
            yield projection, f"{taught[0]}.teaching" if taught else f"{projection.post}.rate"


def _rms(simulator: Simulator, inputs: np.ndarray, targets: np.ndarray, signal: str) -> float:
    values = simulator.evaluate(inputs, targets, [signal])[signal]
    return float(np.sqrt(np.square(values, dtype=np.float64).mean()))
