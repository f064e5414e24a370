from __future__ import annotations

import json

import networkx as nx
import pytest
from hypothesis import HealthCheck, given, settings
from oracles import circuits

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.exchange import from_graphml, from_json, from_networkx, to_graphml, to_json, to_networkx
from neurosim.circuit.layered import FEEDBACK, layered
from neurosim.errors import InputError

ROUND_TRIPS = {
    "networkx": lambda circuit: from_networkx(to_networkx(circuit)),
    "json": lambda circuit: from_json(to_json(circuit)),
    "graphml": lambda circuit: from_graphml(to_graphml(circuit)),
    "tables": lambda circuit: Circuit.from_tables(circuit.to_tables()),
    "tables through json": lambda circuit: Circuit.from_tables(json.loads(json.dumps(circuit.to_tables()))),
}


def same(one: Circuit, other: Circuit) -> bool:
    """Equal, in the same order, with the same texts."""
    return json.dumps(one.to_tables()) == json.dumps(other.to_tables()) and one == other


@pytest.mark.parametrize("way", list(ROUND_TRIPS))
@given(circuit=circuits())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_that_random_circuits_come_back(way: str, circuit: Circuit) -> None:
    assert same(ROUND_TRIPS[way](circuit), circuit)


@pytest.mark.parametrize("way", list(ROUND_TRIPS))
@pytest.mark.parametrize("feedback", list(FEEDBACK))
def test_that_families_come_back(way: str, feedback: str) -> None:
    circuit = layered(
        [4, 3, 3, 2], feedback=feedback, momentum=0.1, decay=1e-6, name="ab", output_model="direct", dropout=[0.1, 1 / 3]
    )
    circuit.title, circuit.source = 'A title with ü, <, & and "', "Lillicrap et al. 2016"
    assert same(ROUND_TRIPS[way](circuit), circuit)


@pytest.mark.parametrize("way", list(ROUND_TRIPS))
def test_that_numbers_come_back_bit_for_bit(way: str) -> None:
    circuit = Circuit()
    circuit.population("input", 2, role="input", noise=None)
    circuit.population("out", 2, noise=0.1 + 0.2, transfer={"function": "leaky", "leak": 1 / 3})
    circuit.project("input", "out", weights={"kind": "explicit", "values": [[1e-300, -0.0], [5e-324, 1.7976931348623157e308]]})
    circuit.project("input", "out", name="second", weights="zeros")
    circuit.project("input", "out", name="selected", weights="zeros", connector={"kind": "explicit", "pairs": [[0, 1]]})
    back = ROUND_TRIPS[way](circuit)
    assert same(back, circuit)
    assert repr(back.projections["input_to_out"].weights.parameters) == repr(
        circuit.projections["input_to_out"].weights.parameters
    )


def test_that_the_graph_has_scalars_only_and_parallel_edges() -> None:
    circuit = layered([4, 3, 2], feedback="random")
    graph = to_networkx(circuit)
    assert isinstance(graph, nx.MultiDiGraph)
    assert graph.number_of_edges("output", "error") == 2
    for _, data in graph.nodes(data=True):
        assert all(isinstance(value, str | int | float | bool) for value in data.values())
    assert nx.is_directed(graph)
    assert json.loads(to_json(circuit))["directed"] is True


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", "null", '{"nodes": 3}', '{"nodes": [{}]}', '{"nodes": [], "edges": [{"source": 1}]}']
)
def test_that_other_json_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        from_json(text)


@pytest.mark.parametrize("text", ["", "<", "<a/>", "<graphml/>", "{}"])
def test_that_other_graphml_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        from_graphml(text)


def test_that_a_graph_of_something_else_is_refused() -> None:
    graph = nx.MultiDiGraph()
    graph.add_node("a", colour="red")
    with pytest.raises(InputError, match="colour"):
        from_networkx(graph)
    graph = to_networkx(layered([3, 2], feedback="none"))
    graph.nodes["input"]["model"] = "{"
    with pytest.raises(InputError, match="JSON"):
        from_networkx(graph)
