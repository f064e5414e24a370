"""GraphML and node-link JSON, read back by networkx, and DOT, read back by pydot: every attribute, and the circuit itself."""

from __future__ import annotations

import json
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import HealthCheck, given, settings
from oracles import circuits

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.exchange import from_graphml, from_json, to_networkx
from neurosim.circuit.files import load_circuit
from neurosim.exports import export
from neurosim.shelf import names

RANDOM = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
SHIPPED = names("circuits")


def out(folder: Path, circuit: Circuit | str, to: str, suffix: str) -> Path:
    return export(circuit, to, folder / f"circuit{suffix}", force=True).path


def assert_same_graph(found: nx.MultiDiGraph, wanted: nx.MultiDiGraph) -> None:
    assert type(found) is nx.MultiDiGraph
    assert found.graph.items() >= wanted.graph.items()
    assert dict(found.nodes(data=True)) == dict(wanted.nodes(data=True))
    assert {(a, b, k): d for a, b, k, d in found.edges(keys=True, data=True)} == {
        (a, b, k): d for a, b, k, d in wanted.edges(keys=True, data=True)
    }


def check_graphml(folder: Path, circuit: Circuit | str, wanted: Circuit) -> None:
    path = out(folder, circuit, "graphml", ".graphml")
    assert_same_graph(nx.read_graphml(path, force_multigraph=True), to_networkx(wanted))
    assert from_graphml(path.read_text(encoding="utf-8")) == wanted


def check_node_link(folder: Path, circuit: Circuit | str, wanted: Circuit) -> None:
    path = out(folder, circuit, "node-link", ".json")
    text = path.read_text(encoding="utf-8")
    assert_same_graph(nx.node_link_graph(json.loads(text), edges="edges"), to_networkx(wanted))
    assert from_json(text) == wanted


def check_dot(folder: Path, circuit: Circuit | str, wanted: Circuit) -> None:
    import pydot

    (graph,) = pydot.graph_from_dot_file(out(folder, circuit, "dot", ".dot"))
    assert graph.get_type() == "digraph"
    assert plain(graph.get_name()) == wanted.name
    told = to_networkx(wanted)
    nodes = {plain(node.get_name()): texts(node) for node in graph.get_nodes() if node.get_name() not in ("graph", "node")}
    assert list(nodes) == list(told)
    for name, attributes in told.nodes(data=True):
        shown = nodes[name].pop("label")
        assert shown == f"{name}\\n{attributes['size']}"
        assert nodes[name] == {key: str(value) for key, value in attributes.items()}
    drawn = {texts(edge)["key"]: (edge, texts(edge)) for edge in graph.get_edges()}
    assert len(drawn) == told.number_of_edges()
    for pre, post, key, attributes in told.edges(keys=True, data=True):
        edge, found = drawn[key]
        assert (plain(edge.get_source()), plain(edge.get_destination())) == (pre, post)
        assert found.items() >= {name: str(value) for name, value in attributes.items()}.items()
        receptor = attributes.get("receptor", "drive")
        assert found["arrowhead"] == {"drive": "normal", "modulatory": "dot", "gate": "odiamond"}[receptor]


def plain(text: str) -> str:
    """A text without DOT's quotes."""
    assert text[0] == text[-1] == '"'
    return text[1:-1].replace('\\"', '"')


def texts(thing: object) -> dict[str, str]:
    return {name: plain(value) for name, value in thing.get_attributes().items()}  # type: ignore[attr-defined]


CHECKS = {"graphml": check_graphml, "node-link": check_node_link, "dot": check_dot}
pytestmark = pytest.mark.filterwarnings("ignore::Warning:pydot", "ignore:warn_ungrouped:Warning")


@pytest.mark.parametrize("to", CHECKS)
@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_circuits_come_back(tmp_path: Path, to: str, name: str) -> None:
    CHECKS[to](tmp_path, name, load_circuit(name))


@pytest.mark.parametrize("to", CHECKS)
@given(circuit=circuits())
@RANDOM
def test_random_circuits_come_back(tmp_path: Path, to: str, circuit: Circuit) -> None:
    CHECKS[to](tmp_path, circuit, circuit)


@pytest.mark.parametrize("to", CHECKS)
def test_texts_that_are_easily_spoilt(tmp_path: Path, to: str) -> None:
    circuit = Circuit('a "b" <c> & ü', title="one\ttwo; [three] = {four} -> five // six", source="# ' /* */")
    circuit.population("input", 2, role="input")
    circuit.population("out", 2, noise=0.1 + 0.2, transfer={"function": "leaky", "leak": 1 / 3})
    circuit.project("input", "out", weights={"kind": "explicit", "values": [[1e-300, -0.0], [5e-324, 1e30]]})
    circuit.project("input", "out", name="second", weights="zeros")
    CHECKS[to](tmp_path, circuit, circuit)


def test_a_backslash_is_written_in_dot_as_graphviz_can_read_it(tmp_path: Path) -> None:
    """In DOT's quotes a backslash cannot be told from the start of an escape, so it is a character reference."""
    import pydot

    circuit = Circuit("b", title='C:\\new "quoted\\" and at the end \\')
    circuit.population("input", 2, role="input")
    text = out(tmp_path, circuit, "dot", ".dot").read_text(encoding="utf-8")
    assert 'title="C:&#92;new \\"quoted&#92;\\" and at the end &#92;"' in text
    assert [node.get_name() for node in pydot.graph_from_dot_data(text)[0].get_nodes()] == ["graph", "node", '"input"']
