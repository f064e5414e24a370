"""The circuit: a directed graph whose nodes are populations and whose edges are projections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import networkx as nx
import numpy as np
from pydantic import BaseModel, ValidationError

from neurosim.circuit.elements import Bias, Population, Projection, table
from neurosim.circuit.overrides import override
from neurosim.errors import CircuitError, Problem, nearest
from neurosim.models.connectors import CONNECTORS
from neurosim.parameters import problems_of

E = TypeVar("E", bound=BaseModel)


class Circuit:
    """Populations joined by projections. The learning algorithm is the wiring: nothing else in the system says it.

    Args:
        name: a short name, e.g. of the file it came from.
        title: one sentence on what it is.
        source: where it comes from.

    Elements are frozen; `replace` makes changed copies.

    >>> circuit = Circuit("example")
    >>> _ = circuit.population("input", 3, role="input")
    >>> _ = circuit.population("output", 2, role="output")
    >>> circuit.project("input", "output", weights="zeros").name
    'input_to_output'
    >>> circuit
    <circuit 'example': input 3 → output 2; 1 projection>
    """

    def __init__(self, name: str = "", *, title: str = "", source: str = "") -> None:
        self.name = name
        self.title = title
        self.source = source
        self._graph = nx.MultiDiGraph()
        self._populations: dict[str, Population] = {}
        self._projections: dict[str, Projection] = {}
        self._whole: Circuit | None = None
        self._synapses: int | None = None
        self._forward: dict[str, list[Projection]] | None = None

    def population(self, name: str, size: int, **properties: Any) -> Population:
        """Add a population; `properties` are the attributes of `Population`.

        `bias` may be a mapping, `{"weights": …, "plasticity": …}`.

        Raises:
            CircuitError: a property is wrong, or the name is taken.
        """
        whole = int(size) if isinstance(size, np.integer) else size
        return self.add(_element(Population, {"name": name, "size": whole, **properties}, name))

    def project(self, pre: str, post: str, **properties: Any) -> Projection:
        """Add a projection from one population to another; `properties` are the attributes of `Projection`.

        Raises:
            CircuitError: a property is wrong, or the name is taken.
        """
        return self.add(_element(Projection, {"pre": pre, "post": post, **properties}, f"{pre}_to_{post}"))

    def add(self, element: E) -> E:
        """Add an element made elsewhere; raises CircuitError when its name is taken."""
        name: str = element.name  # type: ignore[attr-defined]
        if name in self._populations or name in self._projections:
            raise CircuitError([Problem(name, "a second element of this name; names are addresses, and each has one writer")])
        self._whole = self._synapses = self._forward = None
        if isinstance(element, Population):
            self._graph.add_node(name, element=element)
            self._populations[name] = element
        elif isinstance(element, Projection):
            self._graph.add_edge(element.pre, element.post, key=name, element=element)
            self._projections[name] = element
        return element

    @property
    def populations(self) -> Mapping[str, Population]:
        """The populations by name, in the order in which they were added."""
        return MappingProxyType(self._populations)

    @property
    def projections(self) -> Mapping[str, Projection]:
        """The projections by name, in the order in which they were added."""
        return MappingProxyType(self._projections)

    @property
    def graph(self) -> nx.MultiDiGraph:
        """The graph itself, as a frozen view: each node and edge holds its `element`."""
        return nx.freeze(self._graph.copy())

    def onto(self, post: str, receptor: str) -> list[Projection]:
        """The projections onto one receptor of a population, by name, so that sums have one order."""
        found = [p for p in self.projections.values() if p.post == post and p.receptor == receptor]
        return sorted(found, key=lambda projection: projection.name)

    def of_role(self, role: str) -> list[Population]:
        """The populations of one role."""
        return [population for population in self.populations.values() if population.role == role]

    def nonlocal_projections(self) -> list[str]:
        """The projections whose weights follow from another's: what no synapse could know by itself.

        >>> from neurosim.circuit.layered import layered
        >>> layered([4, 3, 2], feedback="tied").nonlocal_projections()
        ['error_to_feedback']
        """
        return [name for name, projection in self.projections.items() if projection.derivation is not None]

    def synapses(self) -> int:
        """How many synapses there are, or would be if no connector left out pairs: one to one counts once for each neuron.

        >>> from neurosim.circuit.layered import layered
        >>> layered([4, 3, 2], feedback="none", bias=False).synapses()
        28
        """
        if self._synapses is None:  # a run asks at every look
            self._synapses = self._counted()
        return self._synapses

    def forward_path(self) -> dict[str, list[Projection]]:
        """The hidden and output populations, each after those that drive it, with the projections by which it drives others.

        >>> from neurosim.circuit.layered import layered
        >>> path = layered([4, 3, 2], feedback="random").forward_path()
        >>> {name: [projection.name for projection in driving] for name, driving in path.items()}
        {'hidden': ['hidden_to_output'], 'output': []}
        """
        if self._forward is None:  # metrics ask at every look
            names = {population.name for population in self.populations.values() if population.role in ("hidden", "output")}
            inside = [p for p in self.projections.values() if p.receptor == "drive" and {p.pre, p.post} <= names]
            path = nx.DiGraph()
            path.add_nodes_from(name for name in self.populations if name in names)
            path.add_edges_from((p.pre, p.post) for p in inside)
            self._forward = {name: [p for p in inside if p.pre == name] for name in nx.topological_sort(path)}
        return self._forward

    def _counted(self) -> int:
        size = {name: population.size for name, population in self.populations.items()}
        single = {p.name for p in self.projections.values() if CONNECTORS[p.connector.name].form == "diagonal"}
        return sum(size[p.post] * (1 if p.name in single else size[p.pre]) for p in self.projections.values())

    def mirror(self, name: str) -> str | None:
        """The feedback projection that mirrors a forward one: what drives those that teach the population it starts from.

        >>> from neurosim.circuit.layered import layered
        >>> layered([4, 3, 2], feedback="random").mirror("hidden_to_output")
        'error_to_feedback'
        """
        forward = self._projections.get(name)
        teachers = [] if forward is None else [taught.pre for taught in self.onto(forward.pre, "modulatory")]
        return next((back.name for teacher in teachers for back in self.onto(teacher, "drive")), None)

    def completed(self) -> Circuit:
        """This circuit with what its roles imply: an error that nothing drives compares the target with the output."""
        if self._whole is None:
            self._whole = self._completed()
        return self._whole

    def _completed(self) -> Circuit:
        errors = [e for e in self.of_role("error") if not self.onto(e.name, "drive")]
        targets, outputs = self.of_role("target"), self.of_role("output")
        if not errors or len(targets) != 1 or len(outputs) != 1:
            return self
        whole = self.from_tables(self.to_tables())
        for error in errors:
            whole.project(targets[0].name, error.name, connector="one_to_one")
            whole.project(outputs[0].name, error.name, connector="one_to_one", weights={"kind": "constant", "value": -1.0})
        return whole

    def replace(self, changes: Mapping[str, Any]) -> Circuit:
        """A copy with the values at some addresses changed.

        Addresses are those of the TOML file: `hidden.size`, `input_to_hidden.plasticity.eta`, `hidden.bias.weights`.
        A `*` stands for any name and changes every element that has the place: `*.plasticity.eta`.

        Raises:
            CircuitError: an address without `*` names nothing, or a value is wrong.

        >>> from neurosim.circuit.layered import layered
        >>> layered([4, 3, 2], feedback="random").replace({"*.plasticity.eta": 0.5}).projections[
        ...     "input_to_hidden"].plasticity.parameters["eta"]
        0.5
        """
        if not changes:
            return self
        return self.from_tables(override(self.to_tables(), changes, self.name))

    def to_tables(self) -> dict[str, Any]:
        """The circuit as nested mappings, just as a TOML file holds it."""
        return {
            "name": self.name,
            "title": self.title,
            "source": self.source,
            "population": {name: _nameless(element) for name, element in self.populations.items()},
            "projection": [table(element) for element in self.projections.values()],
        }

    @classmethod
    def from_tables(cls, tables: Mapping[str, Any]) -> Circuit:
        """The circuit that nested mappings describe; raises CircuitError with every malformed element at once."""
        circuit, problems = parse(tables)
        if problems:
            raise CircuitError(problems, circuit.label)
        return circuit

    @property
    def label(self) -> str:
        """How messages call the circuit."""
        return f"circuit {self.name!r}" if self.name else "circuit"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Circuit) and self.to_tables() == other.to_tables()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        forward = [p for p in self.populations.values() if p.role in ("input", "hidden", "output")]
        sizes = " → ".join(f"{p.name} {p.size}" for p in forward)
        count = len(self._projections)
        return f"<{self.label}: {sizes}; {count} projection{'s' if count != 1 else ''}>"


def _nameless(element: Population) -> dict[str, Any]:
    return {key: value for key, value in table(element).items() if key != "name"}


def _element(kind: type[E], properties: Mapping[str, Any], address: str) -> E:
    try:
        return kind.model_validate(dict(properties))
    except ValidationError as error:
        raise CircuitError(_element_problems(error, kind, address)) from None


def _element_problems(error: ValidationError, kind: type[BaseModel], address: str) -> list[Problem]:
    problems: list[Problem] = []
    told = problems_of(error, address, kind.model_fields)
    if kind is Projection and any(problem.address in (f"{address}.pre", f"{address}.post") for problem in told):
        told = [problem for problem in told if problem.address != f"{address}.name"]  # which follows from the two
    for problem in told:
        inside_bias = kind is Population and problem.address.startswith(f"{address}.bias.")
        problems += problems_of(error, address, Bias.model_fields) if inside_bias else [problem]
    return list(dict.fromkeys(problems))


_KEYS = ("name", "title", "source", "population", "projection")


def parse(tables: Mapping[str, Any]) -> tuple[Circuit, list[Problem]]:
    """The circuit made of all well-formed elements of some tables, and what is wrong with the others."""
    problems = [
        Problem(key, f"unknown key; known keys are {', '.join(_KEYS)}", nearest(key, _KEYS)) for key in tables if key not in _KEYS
    ]
    texts = {key: tables.get(key, "") for key in ("name", "title", "source")}
    problems += [Problem(key, f"expected a text, found {value!r}") for key, value in texts.items() if not isinstance(value, str)]
    zeros = [key for key, value in texts.items() if "\0" in str(value)]
    problems += [Problem(key, "expected a text without zero characters, which recordings cannot hold") for key in zeros]
    circuit = Circuit(str(texts["name"]), title=str(texts["title"]), source=str(texts["source"]))
    for address, kind, properties in [*_population_tables(tables, problems), *_projection_tables(tables, problems)]:
        try:
            circuit.add(kind.model_validate(properties))
        except ValidationError as error:
            problems += _element_problems(error, kind, address)
        except CircuitError as error:
            problems += error.problems
    return circuit, problems


def _population_tables(
    tables: Mapping[str, Any], problems: list[Problem]
) -> Iterable[tuple[str, type[BaseModel], dict[str, Any]]]:
    populations = tables.get("population", {})
    if not isinstance(populations, Mapping):
        problems.append(Problem("population", "expected one table per population, [population.NAME]"))
        return
    for name, properties in populations.items():
        if isinstance(properties, Mapping):
            yield name, Population, {"name": name, **properties}
        else:
            problems.append(Problem(f"population.{name}", f"expected a table, found {properties!r}"))


def _projection_tables(
    tables: Mapping[str, Any], problems: list[Problem]
) -> Iterable[tuple[str, type[BaseModel], dict[str, Any]]]:
    projections = tables.get("projection", [])
    if not isinstance(projections, list):
        problems.append(Problem("projection", "expected a list of tables, [[projection]]"))
        return
    for index, properties in enumerate(projections):
        if not isinstance(properties, Mapping):
            problems.append(Problem(f"projection.{index}", f"expected a table, found {properties!r}"))
            continue
        pre, post = properties.get("pre"), properties.get("post")
        default = f"{pre}_to_{post}" if pre and post else f"projection {index + 1}"
        yield str(properties.get("name", default)), Projection, dict(properties)
