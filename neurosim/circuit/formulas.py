"""The functions that decide what a circuit computes: rules, transfer functions, neuron models, connectors and initial weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from neurosim.circuit.circuit import Circuit
from neurosim.models.connectors import CONNECTORS
from neurosim.models.neurons import NEURONS
from neurosim.models.plasticity import RULES
from neurosim.models.transfer import TRANSFERS
from neurosim.models.weights import WEIGHTS


def formulas_of(circuit: Circuit) -> Iterator[tuple[str, Callable[..., Any] | None]]:
    """Each of them with what it is called; one that several use comes several times.

    >>> from neurosim.circuit.layered import layered
    >>> sorted({name for name, _ in formulas_of(layered([2, 1], feedback="none")) if name.startswith("the rule")})
    ['the rule delta', 'the rule fixed']
    """
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
