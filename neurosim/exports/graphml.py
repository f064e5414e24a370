"""GraphML: the circuit as a graph for Cytoscape, Gephi, yEd or igraph."""

from __future__ import annotations

from pathlib import Path

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.exchange import to_graphml
from neurosim.exports._format import export_format


@export_format(of=("circuit",), suffixes=(".graphml",))
def graphml(source: Circuit, path: Path) -> list[str]:
    """The circuit as GraphML, without loss: `neurosim.circuit.exchange.from_graphml` reads it back.

    Nodes are populations, edges projections; nested values are JSON texts, because GraphML has scalars only.
    """
    path.write_text(to_graphml(source), encoding="utf-8")
    return []
