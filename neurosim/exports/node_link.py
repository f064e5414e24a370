"""Node-link JSON: the circuit as networkx, D3 and most web tools read graphs."""

from __future__ import annotations

from pathlib import Path

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.exchange import to_json
from neurosim.exports._format import export_format


@export_format(of=("circuit",), suffixes=(".json",), name="node-link")
def node_link(source: Circuit, path: Path) -> list[str]:
    """The circuit as node-link JSON, without loss: `networkx.node_link_graph(…, edges="edges")` reads it."""
    path.write_text(to_json(source), encoding="utf-8")
    return []
