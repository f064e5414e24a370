"""The diagram of a circuit: populations as columns of neurons, projections as arrows (Supp. Figs 1-4)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.exchange import from_json
from neurosim.errors import InputError, Problem, nearest
from neurosim.figures._arms import arms
from neurosim.figures._diagram import Diagram, kinds_of_edges
from neurosim.figures._placement import text_width
from neurosim.figures._style import SMALL, blank
from neurosim.recording import Recording

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LEGEND = 0.34


def figure(recordings: Sequence[Recording | Circuit], title: str | None = None) -> Figure:
    """The wiring: forward path from left to right on top, error and feedback below it, the loss at the bottom.

    Each population is a card with up to four circles, or three, dots and its size. Solid arrows drive, dashed golden ones
    modulate, dotted ones gate; thin ones are one to one. Weights that are drawn or learned are named W (forward) or B
    (feedback), W₁ starting on the left.

    Args:
        recordings: circuits, or recordings, which carry theirs: one panel per arm.
        title: unless said otherwise the label of the arm, or the name of the circuit.

    Raises:
        InputError: a recording carries no circuit, or there is nothing to draw, or a projection's end does not exist.

    Source: Supp. Figs 1-4.

    >>> from neurosim.circuit.layered import layered
    >>> [text.get_text() for text in figure([layered([3, 2], feedback="none")]).axes[0].texts][:2]
    ['input', 'output']
    """
    shown = _circuits(recordings)
    diagrams = [Diagram(circuit, name if title is None else title) for name, circuit in shown]
    across = 1 if len(diagrams) == 1 else 2
    width, height = max(d.width for d in diagrams), max(d.height for d in diagrams)
    handles = kinds_of_edges(diagrams)
    needed = sum(text_width(str(handle.get_label()), SMALL) + 0.75 for handle in handles) + 0.2
    whole = np.array([max(across * width, needed), ceil(len(diagrams) / across) * height + _LEGEND])
    drawn = blank((whole[0], whole[1]))
    for index, diagram in enumerate(diagrams):
        left = (index % across + 0.5) * whole[0] / across - diagram.width / 2
        corner = np.array([left, whole[1] - index // across * height - diagram.height])
        diagram.draw(drawn.add_axes((*(corner / whole), diagram.width / whole[0], diagram.height / whole[1])))
    if handles:
        drawn.legend(handles=handles, loc="lower center", ncols=len(handles), fontsize=SMALL, frameon=False, handlelength=2.6)
    return drawn


def svg(circuit: Circuit) -> str:
    """The diagram of a circuit as SVG, the same text every time.

    >>> from neurosim.circuit.layered import layered
    >>> svg(layered([3, 2], feedback="none")).rstrip().endswith("</svg>")
    True
    """
    import matplotlib

    stream = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "neurosim", "svg.fonttype": "path"}):
        figure([circuit]).savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return stream.getvalue()


def _circuits(given: Sequence[Recording | Circuit]) -> list[tuple[str, Circuit]]:
    """The different circuits meant, each with a title."""
    found = [(circuit.name, circuit) for circuit in given if isinstance(circuit, Circuit)]
    recordings = [recording for recording in given if not isinstance(recording, Circuit)]
    for arm in arms(recordings) if recordings or not found else []:
        text = arm.recordings[0].attributes.get("circuit")
        if not text:
            raise InputError(f"{arm.recordings[0].path}: this recording carries no circuit")
        found.append((arm.label, from_json(str(text))))
    different: list[tuple[str, Circuit]] = []
    for title, circuit in found:
        if all(circuit != other for _, other in different):
            different.append((title, circuit))
    for _, circuit in different:
        _require_drawable(circuit)
    return different


def _require_drawable(circuit: Circuit) -> None:
    """A circuit may be unfinished, but each arrow needs its two ends."""
    if not circuit.populations:
        raise InputError(f"{circuit.label} has no population to draw")
    problems = [
        Problem(f"{projection.name}.{end}", f"no such population {name!r}", nearest(name, circuit.populations))
        for projection in circuit.projections.values()
        for end, name in (("pre", projection.pre), ("post", projection.post))
        if name not in circuit.populations
    ]
    if problems:
        raise InputError(problems, circuit.label)
