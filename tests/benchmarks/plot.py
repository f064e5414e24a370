"""The picture of the ratios: one row for each work, one mark for each peer, and where the targets are."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

LOOKS = {
    "jax": ("JAX, jit(scan)", "#0072B2", "o"),
    "torch": ("PyTorch eager", "#D55E00", "s"),
    "torch_autograd": ("PyTorch autograd (backpropagation)", "#CC79A7", "^"),
    "numpy": ("NumPy", "#8C8C8C", "D"),
}
"""A peer's name, colour (Okabe and Ito) and mark."""
APART = 0.18


def drawn(document: Mapping[str, Any]) -> Figure:
    """Our rate over each peer's on a logarithmic axis: median, range over rounds, and target."""
    works = document["works"]
    figure = Figure(figsize=(8.0, 1.4 + 0.62 * len(works)), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    peers = [name for name in LOOKS if any(name in work["ratios"] for work in works)]
    for row, work in enumerate(works):
        for place, name in enumerate(peers):
            _mark(axes, row + APART * (place - (len(peers) - 1) / 2), name, work)
    _finish(axes, works)
    handles = [
        Line2D([], [], color=LOOKS[n][1], marker=LOOKS[n][2], linewidth=1.2, markersize=5, label=LOOKS[n][0]) for n in peers
    ]
    handles.append(Line2D([], [], color="black", marker="|", markersize=11, markeredgewidth=2, linewidth=0, label="target"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return figure


def _mark(axes: Axes, height: float, name: str, work: Mapping[str, Any]) -> None:
    ratios = [value for value in work["ratios"].get(name, []) if value is not None]
    _, colour, marker = LOOKS[name]
    if ratios:
        axes.plot([min(ratios), max(ratios)], [height, height], color=colour, linewidth=1.2, solid_capstyle="butt")
        axes.plot([statistics.median(ratios)], [height], color=colour, marker=marker, markersize=5, linewidth=0)
    if name in work["targets"]:
        axes.plot([work["targets"][name]], [height], color=colour, marker="|", markersize=11, markeredgewidth=2, linewidth=0)


def _finish(axes: Axes, works: Any) -> None:
    axes.set_xscale("log")
    axes.axvline(1.0, color="black", linewidth=0.8)
    for row in range(len(works) - 1):
        axes.axhline(row + 0.5, color="#D9D9D9", linewidth=0.6)
    axes.set_yticks(range(len(works)), [work["title"] for work in works], fontsize=8)
    axes.set_ylim(len(works) - 0.5, -0.5)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.tick_params(labelsize=8)
    axes.set_xlabel("neurosim's trials a second over the peer's (right of 1: neurosim is faster)", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)


def save(document: Mapping[str, Any], path: Path) -> None:
    """Write the picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn(document).savefig(path)
