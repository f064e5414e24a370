"""DOT: the circuit for Graphviz."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.exchange import to_networkx
from neurosim.exports._format import export_format

ARROWS = {"drive": "normal", "modulatory": "dot", "gate": "odiamond"}
"""Receptor → the head of its edges."""


@export_format(of=("circuit",), suffixes=(".dot", ".gv"))
def dot(source: Circuit, path: Path) -> list[str]:
    """The circuit for Graphviz: `dot -Tsvg circuit.dot`; every attribute of the graph is there, as a text.

    Edges onto a modulatory receptor end in a dot and are dashed, those onto a gate end in a diamond.
    """
    graph = to_networkx(source)
    told = _written({"title": source.title, "source": source.source, "rankdir": "LR"})
    lines = [f"digraph {_quoted(source.name)} {{", f"  graph [{told}];", '  node [shape="box"];']
    for name, attributes in graph.nodes(data=True):
        shown = f"{name}\n{attributes['size']}"
        lines.append(f"  {_quoted(name)} [{_written({**attributes, 'label': shown})}];")
    for pre, post, key, attributes in graph.edges(keys=True, data=True):
        receptor = str(attributes.get("receptor", "drive"))
        drawn = {"arrowhead": ARROWS[receptor], "style": "dashed" if receptor == "modulatory" else "solid"}
        lines.append(f"  {_quoted(pre)} -> {_quoted(post)} [{_written({'key': key, **attributes, **drawn})}];")
    path.write_text("\n".join([*lines, "}", ""]), encoding="utf-8")
    return []


def _written(attributes: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_quoted(str(value))}" for name, value in attributes.items())


def _quoted(text: str) -> str:
    """A text in DOT's quotes, which know two escapes only: `\\"`, and `\\n` where it is a label."""
    return '"' + text.replace("\\", "&#92;").replace('"', '\\"').replace("\n", "\\n") + '"'
