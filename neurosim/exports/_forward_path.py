"""The part of a circuit that NIR can tell: rates that travel from an input to an output, and are summed on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.elements import Population, Projection
from neurosim.errors import InputError, Problem
from neurosim.exports._format import listed

ROLES = ("input", "hidden", "output")
PLAIN_MODELS = ("source", "rate", "direct")
"""Neuron models whose rate is φ(drive), where nothing gates it."""


@dataclass(frozen=True)
class ForwardPath:
    """Populations and projections on a way from an input to an output, in the order of the circuit.

    Projections carry a rate onto a receptor `drive`. Where several meet at one population, their sum is a node of its own.
    """

    circuit: Circuit
    populations: Mapping[str, Population]
    projections: Sequence[Projection]

    @classmethod
    def of(cls, circuit: Circuit) -> ForwardPath:
        """That of a validated circuit; raises InputError where no way leads from an input to an output.

        >>> from neurosim.circuit.layered import layered
        >>> [projection.name for projection in ForwardPath.of(layered([4, 3, 2], feedback="random")).projections]
        ['input_to_hidden', 'hidden_to_output']
        """
        roles = {name: population.role for name, population in circuit.populations.items()}
        carrying = [
            projection
            for projection in circuit.projections.values()
            if projection.receptor == "drive"
            and projection.signal == "rate"
            and roles[projection.pre] in ROLES
            and roles[projection.post] in ROLES
        ]
        graph = nx.DiGraph((projection.pre, projection.post) for projection in carrying)
        ends = {role: [name for name in graph if roles[name] == role] for role in ("input", "output")}
        after = {name for start in ends["input"] for name in (start, *nx.descendants(graph, start))}
        before = {name for end in ends["output"] for name in (end, *nx.ancestors(graph, end))}
        on_the_way = after & before
        if not on_the_way:
            told = "no rate travels from an input to an output, so there is no forward path for NIR to tell"
            raise InputError([Problem(circuit.label, told)])
        return cls(
            circuit,
            {name: population for name, population in circuit.populations.items() if name in on_the_way},
            [projection for projection in carrying if {projection.pre, projection.post} <= on_the_way],
        )

    def inputs(self) -> list[str]:
        """Where it begins."""
        return [name for name, population in self.populations.items() if population.role == "input"]

    def outputs(self) -> list[str]:
        """Where it ends, or could end."""
        return [name for name, population in self.populations.items() if population.role == "output"]

    def onto(self, population: str) -> list[Projection]:
        """Its projections onto one population."""
        return [projection for projection in self.projections if projection.post == population]

    def sums(self, population: str) -> bool:
        """Whether several of its projections meet at a population."""
        return len(self.onto(population)) > 1

    def gathered(self, population: str) -> str:
        """The node that has what reaches a population: its input, its only projection, or the sum of several."""
        if self.populations[population].role == "input":
            return population
        return f"{population}.drive" if self.sums(population) else self.onto(population)[0].name

    def edges(self) -> list[tuple[str, str]]:
        """The edges between the nodes."""
        found = [(self.gathered(projection.pre), projection.name) for projection in self.projections]
        found += [(p.name, self.gathered(p.post)) for p in self.projections if self.sums(p.post)]
        return found + [(self.gathered(name), name) for name in self.outputs()]

    def addresses(self) -> list[str]:
        """The arrays that it is made of."""
        biased = [f"{name}.bias" for name, population in self.populations.items() if population.bias is not None]
        return [f"{projection.name}.weights" for projection in self.projections] + biased

    def left_out(self) -> list[str]:
        """Everything else in the circuit, one line for each kind of thing."""
        return [f"left out, {what}: {listed(names)}" for what, names in self._others().items() if names]

    def _others(self) -> dict[str, list[str]]:
        others = [p for p in self.circuit.projections.values() if p not in self.projections]
        neurons = self.populations.values()
        return {
            "transfer functions": [f"{p.transfer.name} of {p.name}" for p in neurons if p.transfer.name != "linear"],
            "neuron models": [f"{p.model.name} of {p.name}" for p in neurons if p.model.name not in PLAIN_MODELS],
            "exploration": [p.name for p in neurons if p.noise is not None],
            "plasticity": list(self._plastic()),
            "modulatory projections": [p.name for p in others if p.receptor == "modulatory"],
            "gates": [p.name for p in others if p.receptor == "gate"],
            "other projections": [p.name for p in others if p.receptor == "drive"],
            "populations": [name for name in self.circuit.populations if name not in self.populations],
        }

    def _plastic(self) -> Iterator[str]:
        for projection in self.projections:
            if projection.plasticity.name != "fixed":
                yield f"{projection.plasticity.name} of {projection.name}"
        for name, population in self.populations.items():
            if population.bias is not None and population.bias.plasticity.name != "fixed":
                yield f"{population.bias.plasticity.name} of {name}.bias"
