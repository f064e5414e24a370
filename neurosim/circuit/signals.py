"""Which signals a circuit has, and what each one reads: the graph that orders computation.

The population graph of a learning circuit is cyclic (hidden → output → error → hidden); its signal graph is not, because
`hidden.rate` does not read `hidden.teaching`. Both validation and lowering go by the same answers, given here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import networkx as nx

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.elements import Population, Projection
from neurosim.models.neurons import NEURONS, PERTURBED, RECEPTORS, NeuronModel
from neurosim.models.transfer import TRANSFERS


@dataclass(frozen=True)
class Formula:
    """How a variable of a population is computed: a function, the variables it reads, and its constants."""

    function: Callable[..., float]
    reads: dict[str, str]
    constants: dict[str, float]
    remembers: bool = False


def eligibility(noise: float, sigma: float) -> float:
    """ξ / σ²: the characteristic eligibility of Gaussian exploration (Williams 1992)."""
    return noise / (sigma * sigma)


class Signals:
    """The signals of one circuit, by population and variable.

    >>> from neurosim.circuit.layered import layered
    >>> signals = Signals(layered([4, 3, 2], feedback="random"))
    >>> signals.exists("hidden", "teaching"), signals.exists("output", "gating")
    (True, False)
    """

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self._populations = circuit.populations
        self._found: dict[tuple[str, str], bool] = {}
        self._models = {name: NEURONS[population.model.name] for name, population in self._populations.items()}

    def model(self, population: str) -> NeuronModel:
        """The neuron model of a population."""
        return self._models[population]

    def variables(self, population: str) -> list[str]:
        """Every variable that the population has."""
        own = self._populations[population]
        names = [
            *RECEPTORS.values(),
            "activation",
            "slope",
            "noise",
            "eligibility",
            "rate",
            *self.model(own.name).formulas,
        ]
        return [name for name in dict.fromkeys(names) if self.exists(population, name)]

    def exists(self, population: str, variable: str) -> bool:
        """Whether a population has a variable, perturbed twins included."""
        key = (population, variable)
        if key not in self._found:
            self._found[key] = self._exists(population, variable, ())
        return self._found[key]

    def _exists(self, population: str, variable: str, asking: tuple[str, ...]) -> bool:
        if population not in self._populations or variable in asking:
            return False
        if variable.startswith(PERTURBED):
            plain = variable.removeprefix(PERTURBED)
            return self._exists(population, plain, asking) and self.explores(population, plain)
        own = self._populations[population]
        if not self._has_receptors(own):
            return variable == "rate"
        receptor = next((name for name, read in RECEPTORS.items() if read == variable), None)
        if receptor is not None:
            biased = receptor == "drive" and own.bias is not None
            return bool(self.circuit.onto(population, receptor)) or biased
        if variable in ("noise", "eligibility"):
            return own.noise is not None
        required = self._required(own, variable)
        return required is not None and all(self._exists(population, read, (*asking, variable)) for read in required)

    def _has_receptors(self, population: Population) -> bool:
        return bool(self.model(population.name).receptors)

    def _required(self, population: Population, variable: str) -> list[str] | None:
        function = self._function(population, variable)
        if function is None:
            return None
        constants = {*self.model(population.name).parameters.fields, *_parameters_of(population)}
        arguments = self._arguments(population, variable)
        return [read for a, read in arguments.items() if a.default is a.empty and read != variable and a.name not in constants]

    def _function(self, population: Population, variable: str) -> Callable[..., float] | None:
        own = self.model(population.name).formulas
        if variable in own:
            return own[variable]
        transfer = TRANSFERS[population.transfer.name]
        return {"activation": transfer.value, "slope": transfer.slope, "eligibility": eligibility}.get(variable)

    def _arguments(self, population: Population, variable: str) -> dict[inspect.Parameter, str]:
        """The arguments of a variable's formula, each with the variable that it means."""
        function = self._function(population, variable)
        if function is None:
            return {}
        means = {} if variable in self.model(population.name).formulas else {"u": "drive", "rate": "activation"}
        return {a: means.get(a.name, a.name) for a in _arguments_of(function)}

    def formula(self, population: str, variable: str) -> Formula:
        """How a variable is computed from others of the same population (not for what receptors sum, or for sources)."""
        own = self._populations[population]
        function = self._function(own, variable)
        assert function is not None, f"{population}.{variable} has no formula"
        reads: dict[str, str] = {}
        constants: dict[str, float] = {}
        given = {**_parameters_of(own), **own.model.parameters}
        for argument, source in self._arguments(own, variable).items():
            if argument.name in given:
                constants[argument.name] = float(given[argument.name])
            elif argument.name == variable or self.exists(population, source):
                reads[argument.name] = source
            else:
                constants[argument.name] = float(argument.default)
        return Formula(function, reads, constants, remembers=variable in reads.values())

    def explores(self, population: str, variable: str) -> bool:
        """Whether a variable differs in the perturbed pass: exploration upstream of it reaches it within the trial."""
        return f"{population}.{variable}" in self._perturbed

    @cached_property
    def _perturbed(self) -> set[str]:
        noisy = [f"{p.name}.drive" for p in self._populations.values() if p.noise is not None]
        return set(noisy).union(*(nx.descendants(self.graph, signal) for signal in noisy if signal in self.graph))

    @cached_property
    def graph(self) -> nx.DiGraph:
        """Edges from each signal to those that read it in the same trial; what remembers is read from the trial before."""
        graph = nx.DiGraph()
        for name, population in self._populations.items():
            for variable in self._candidates(population):
                graph.add_node(f"{name}.{variable}")
                for read in self._reads_of(population, variable):
                    graph.add_edge(f"{name}.{read}", f"{name}.{variable}")
        for projection in self.circuit.projections.values():
            if projection.pre in self._populations and projection.signal not in self._remembering(projection.pre):
                graph.add_edge(_carried(projection), f"{projection.post}.{RECEPTORS[projection.receptor]}")
        return graph

    def _candidates(self, population: Population) -> list[str]:
        return ["activation", "slope", *self.model(population.name).formulas] if self._has_receptors(population) else ["rate"]

    def _reads_of(self, population: Population, variable: str) -> list[str]:
        arguments = [read.removeprefix(PERTURBED) for read in self._arguments(population, variable).values()]
        remembering = self._remembering(population.name)
        return [name for name in arguments if name not in remembering and name != variable]

    def _remembering(self, population: str) -> set[str]:
        """The variables of a population that remember: who reads them reads the trial before."""
        formulas = self.model(population).formulas
        return {variable for variable, formula in formulas.items() if variable in _names_of(formula)}

    def loops(self) -> list[list[str]]:
        """Closed paths of signals that each need the next within the same trial: they cannot be computed."""
        strong = [sorted(group) for group in nx.strongly_connected_components(self.graph) if len(group) > 1]
        found = []
        for group in sorted(strong):
            ordered = nx.DiGraph(sorted(self.graph.subgraph(group).edges))
            found.append([edge[0] for edge in nx.find_cycle(ordered, group[0])])
        return found


@lru_cache(maxsize=1024)
def _arguments_of(function: Callable[..., float]) -> tuple[inspect.Parameter, ...]:
    return tuple(inspect.signature(function).parameters.values())


@lru_cache(maxsize=1024)
def _names_of(function: Callable[..., float]) -> frozenset[str]:
    return frozenset(argument.name for argument in _arguments_of(function))


def _carried(projection: Projection) -> str:
    return f"{projection.pre}.{projection.signal}"


def _parameters_of(population: Population) -> dict[str, float]:
    transfer = TRANSFERS[population.transfer.name].parameters.fields
    defaults = {name: default for name, (_, default) in transfer.items() if default is not ...}
    sigma = {"sigma": population.noise} if population.noise is not None else {}
    return {**defaults, **population.transfer.parameters, **sigma}
