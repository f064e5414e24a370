"""Circuits to and from networkx, node-link JSON and GraphML, without loss.

Node and edge attributes hold what the TOML file would say; nested values are JSON texts, because GraphML takes scalars only.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

import networkx as nx

from neurosim.circuit.circuit import Circuit
from neurosim.errors import CircuitError, InputError, Problem

_ORDER = "order"
_TEXTS = ("name", "title", "source")
_NESTED = ("model", "transfer", "bias", "connector", "weights", "plasticity")


def to_networkx(circuit: Circuit) -> nx.MultiDiGraph:
    """The circuit as a networkx graph whose attributes are scalars.

    >>> from neurosim.circuit.layered import layered
    >>> to_networkx(layered([4, 3, 2], feedback="random")).nodes["hidden"]["size"]
    3
    """
    tables = circuit.to_tables()
    graph = nx.MultiDiGraph(**{key: json.dumps(tables[key]) for key in _TEXTS})
    for order, (name, properties) in enumerate(tables["population"].items()):
        graph.add_node(name, **_flat(properties), **{_ORDER: order})
    for order, properties in enumerate(tables["projection"]):
        rest = {key: value for key, value in properties.items() if key not in ("pre", "post", "name")}
        graph.add_edge(properties["pre"], properties["post"], key=properties["name"], **_flat(rest), **{_ORDER: order})
    return graph


def from_networkx(graph: nx.MultiDiGraph) -> Circuit:
    """The circuit that a graph made by `to_networkx` describes; raises CircuitError when it describes none."""
    nodes = sorted(graph.nodes(data=True), key=lambda node: node[1].get(_ORDER, 0))
    edges = sorted(graph.edges(keys=True, data=True), key=lambda edge: edge[3].get(_ORDER, 0))
    return Circuit.from_tables(
        {
            **{key: _text(graph.graph.get(key, "")) for key in _TEXTS},
            "population": {str(name): _nested(data) for name, data in nodes},
            "projection": [{"pre": pre, "post": post, "name": str(key), **_nested(data)} for pre, post, key, data in edges],
        }
    )


def to_json(circuit: Circuit) -> str:
    """The circuit as node-link JSON."""
    return json.dumps(nx.node_link_data(to_networkx(circuit), edges="edges"), indent=1, allow_nan=False)


def from_json(text: str) -> Circuit:
    """The circuit in a node-link JSON text; raises InputError when it is not one."""
    try:
        graph = nx.node_link_graph(json.loads(text), directed=True, multigraph=True, edges="edges")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, nx.NetworkXError) as error:
        raise InputError(f"not a circuit in node-link JSON: {error}") from None
    return from_networkx(graph)


def to_graphml(circuit: Circuit) -> str:
    """The circuit as GraphML."""
    stream = io.BytesIO()
    nx.write_graphml(to_networkx(circuit), stream, named_key_ids=True)
    return stream.getvalue().decode("utf-8")


def from_graphml(text: str) -> Circuit:
    """The circuit in a GraphML text; raises InputError when it is not one."""
    try:
        graph = nx.read_graphml(io.BytesIO(text.encode("utf-8")), force_multigraph=True)
    except (ElementTree.ParseError, nx.NetworkXError, KeyError, ValueError, TypeError) as error:
        raise InputError(f"not a circuit in GraphML: {error}") from None
    return from_networkx(graph)


def _text(value: object) -> str:
    """A text that was written as JSON, so that GraphML keeps every character of it; as it is where somebody wrote it plainly."""
    try:
        read = json.loads(str(value))
    except ValueError:
        return str(value)
    return read if isinstance(read, str) else str(value)


def _flat(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {key: json.dumps(value, allow_nan=False) if key in _NESTED else value for key, value in properties.items()}


def _nested(data: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {key: json.loads(value) if key in _NESTED else value for key, value in data.items() if key not in (_ORDER, "id")}
    except (ValueError, TypeError) as error:
        raise CircuitError([Problem("", f"an attribute of the graph is not the JSON text that was expected: {error}")]) from None
