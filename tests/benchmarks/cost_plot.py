"""The picture of the cost: time of a trial over synapses and over batches, and memory over synapses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

LOOKS = {
    (1, 1): ("online, 1 thread", "#0072B2", "o", "-"),
    (1, 2): ("online, 2 threads", "#56B4E9", "s", "--"),
    (100, 1): ("batches of 100, 1 thread", "#D55E00", "^", "-"),
    (100, 2): ("batches of 100, 2 threads", "#E69F00", "D", "--"),
}
"""Name, colour (Okabe and Ito), mark and line of each batch and thread count."""


def drawn(held: Mapping[str, Any]) -> Figure:
    """Three panels; all axes but the time over batches are logarithmic."""
    figure = Figure(figsize=(11.0, 3.6), dpi=150, layout="constrained")
    time, memory, batch = (figure.add_subplot(1, 3, k + 1) for k in range(3))
    sweep = [point for point in held["points"] if point["sweep"] == "synapses"]
    for way, (label, colour, marker, dashes) in LOOKS.items():
        here = [point for point in sweep if (point["batch"], point["threads"]) == way]
        style = {"color": colour, "marker": marker, "linestyle": dashes, "markersize": 4, "linewidth": 1.2, "label": label}
        time.plot([p["synapses"] for p in here], [1e6 * p["seconds"] for p in here], **style)
        if way[1] == 1:
            memory.plot([p["synapses"] for p in here], [p["peak"] / 1e6 for p in here], **style)
    arrays = sorted({(point["synapses"], point["arrays"] / 1e6) for point in sweep})
    memory.plot(*zip(*arrays, strict=True), color="black", linewidth=0.8, linestyle=":", label="weights and feedback alone")
    _by_batch(batch, [point for point in held["points"] if point["sweep"] == "batch"])
    _name(time, "784-h-h-10: synapses, forward and feedback", "time of a trial (µs)")
    _name(memory, "784-h-h-10: synapses, forward and feedback", "most memory of the process (MB)")
    _name(batch, "784-1000-10: trials in a batch", "time of a trial (µs)")
    batch.set_yscale("linear")
    batch.set_ylim(bottom=0.0)
    return figure


def _by_batch(axes: Axes, points: Sequence[Mapping[str, Any]]) -> None:
    for threads, colour, dashes in ((1, "#009E73", "-"), (2, "#CC79A7", "--")):
        here = [point for point in points if point["threads"] == threads]
        label = f"{threads} thread{'s' if threads > 1 else ''}"
        across, up = [p["batch"] for p in here], [1e6 * p["seconds"] for p in here]
        axes.plot(across, up, color=colour, marker="o", linestyle=dashes, markersize=4, linewidth=1.2, label=label)


def _name(axes: Axes, across: str, up: str) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(across, fontsize=9)
    axes.set_ylabel(up, fontsize=9)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=7, frameon=False)


def save(held: Mapping[str, Any], path: Path) -> None:
    """Write the picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn(held).savefig(path)
