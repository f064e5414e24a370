"""The flow of feedback alignment in a network of three neurons, its solutions and its ways there (Supp. Fig. 10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.exchange import from_json
from neurosim.figures._arms import Arm, arms, require, title_of
from neurosim.figures._diagram import Diagram, kinds_of_edges
from neurosim.figures._style import BLUE, FONT, PALE, SMALL, area_in_legend, blank, entitle, line_in_legend, name_axes, plain
from neurosim.figures._three_neurons import draw_basin, draw_field, draw_solutions, solution_handles, ways_of
from neurosim.parameters import Positive
from neurosim.recording import Recording
from neurosim.theory.three_neurons import ThreeNeurons

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

_OTHERS = 30
_PANEL = 4.2
_LEFT, _BELOW, _LEGEND, _BORDER = 0.65, 0.5, 0.85, 0.2


def figure(
    recordings: Sequence[Recording],
    first: str = "input_to_hidden.weights",
    second: str = "hidden_to_output.weights",
    feedback: float = 1.0,
    target: float = 1.0,
    limit: Positive = 2.0,
    circuit: bool = True,
    title: str | None = None,
) -> Figure:
    """The flow of feedback alignment in a network of three neurons: small arrows, solutions, and recorded trajectories.

    Thick lines are the solutions A W = T: grey where e W B e > 0, black where e W B e < 0, dashed where they are not stable.
    From the shaded region every trajectory ends on the black line. The first trajectory is the large arrow, up to 30 others
    are thin and begin at a dot.

    Args:
        recordings: of networks with one weight A and one weight W, or of many such networks side by side, one to one.
        first: the weight A from the input to the hidden neuron.
        second: the weight W from the hidden to the output neuron.
        feedback: the feedback weight B.
        target: the T of the target y* = T x.
        limit: both axes go from −limit to limit.
        circuit: whether the wiring is drawn to the left, where the recordings carry it; without the loss, which teaches
            nothing, and without gates by the slope of a linear neuron, which is 1.
        title: unless said otherwise the scenario's.

    Raises:
        InputError: no recording holds both weights, or they are those of larger networks; or B or T is 0.

    Source: Supp. Fig. 10.
    """
    network = ThreeNeurons(feedback, target)
    compared = arms(recordings)
    ways = ways_of(compared, require(compared, first), require(compared, second))
    diagram = _diagram(compared, first, second) if circuit else None
    drawn, axes = _laid_out(diagram, title_of(compared) if title is None else title)
    draw_basin(axes, network, limit)
    draw_field(axes, network, limit)
    draw_solutions(axes, network, limit)
    _draw_ways(axes, ways, limit)
    plain(axes)
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit))
    axes.locator_params(nbins=5, steps=[1, 2, 5, 10])
    name_axes(axes, f"A, weight of {first.removesuffix('.weights')}", f"W, weight of {second.removesuffix('.weights')}")
    axes.yaxis.labelpad = 1.0
    _legend(axes, ways)
    return drawn


def _diagram(compared: Sequence[Arm], first: str, second: str) -> Diagram | None:
    """The wiring of one network, if the first recording carries it."""
    text = compared[0].recordings[0].attributes.get("circuit")
    if not text:
        return None
    wired = _essence(from_json(str(text)))
    side_by_side = any(population.size > 1 for population in wired.of_role("hidden"))
    forward = second.removesuffix(".weights")
    named = {first.removesuffix(".weights"): "$A$", forward: "$W$", wired.mirror(forward) or "": "$B$"}
    return Diagram(wired.replace({"*.size": 1}) if side_by_side else wired, "", named, height=0.75 * _PANEL)


def _essence(wired: Circuit) -> Circuit:
    """A circuit without its loss, unless that teaches, and without what multiplies by the slope of a linear neuron, 1."""
    found = Circuit(wired.name)
    teaching = {projection.pre for projection in wired.projections.values()}
    for population in wired.populations.values():
        if population.role != "loss" or population.name in teaching:
            found.add(population)
    for projection in wired.projections.values():
        kept = {projection.pre, projection.post} <= found.populations.keys()
        if kept and not (projection.signal == "slope" and wired.populations[projection.pre].transfer.name == "linear"):
            found.add(projection)
    return found


def _laid_out(diagram: Diagram | None, title: str) -> tuple[Figure, Axes]:
    """A figure with the diagram, if any, on the left, and the axes for the flow; sizes in inches, as text needs them."""
    aside = diagram.width + _BORDER if diagram is not None else 0.0
    whole = np.array([aside + _LEFT + _PANEL + _BORDER, _LEGEND + _BELOW + _PANEL + (0.6 if title else 0.3)])
    drawn = blank((whole[0], whole[1]))
    entitle(drawn, title)
    axes = drawn.add_axes((*(np.array([aside + _LEFT, _LEGEND + _BELOW]) / whole), *(_PANEL / whole)))
    if diagram is not None:
        bottom = _LEGEND + _BELOW + (_PANEL - diagram.height) / 2
        beside = drawn.add_axes((*(np.array([0.0, bottom]) / whole), diagram.width / whole[0], diagram.height / whole[1]))
        diagram.draw(beside)
        handles = kinds_of_edges([diagram])
        beneath = (aside / 2 / whole[0], _LEGEND / whole[1])
        drawn.legend(
            handles=handles, ncols=2, fontsize=SMALL, frameon=False, handlelength=2.6, loc="upper center", bbox_to_anchor=beneath
        )
        for letter, left in (("a", 0.1), ("b", aside + 0.1)):
            top = (_LEGEND + _BELOW + _PANEL + 0.08) / whole[1]
            drawn.text(left / whole[0], top, letter, fontsize=FONT + 1, fontweight="bold")
    return drawn, axes


def _draw_ways(axes: Axes, ways: Sequence[np.ndarray], limit: float) -> None:
    """The first trajectory as a large arrow; others, evenly chosen where there are too many, as thin lines from a dot."""
    large, others = ways[0], ways[1:]
    for index in np.linspace(0, len(others) - 1, min(len(others), _OTHERS)).astype(int):
        axes.plot(*others[index].T, color=BLUE, linewidth=0.9, zorder=3)
        axes.plot(*others[index][0], "o", color=BLUE, markersize=2.6, zorder=3)
    axes.plot(*large.T, color=BLUE, linewidth=3.2, solid_capstyle="round", zorder=4)
    far = np.hypot(*(large - large[-1]).T) > 0.05 * limit  # the last steps are too short to tell a direction
    if far.any():
        head = {"arrowstyle": "-|>,head_width=0.6,head_length=0.9", "color": BLUE, "linewidth": 0.1, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", xy=tuple(large[-1]), xytext=tuple(large[far][-1]), arrowprops=head, zorder=4)


def _legend(axes: Axes, ways: Sequence[np.ndarray]) -> None:
    start = ", ".join(f"{weight:.2g}" for weight in ways[0][0])
    handles: list[Line2D | Patch] = [
        *solution_handles(),
        area_in_legend(PALE, "ends where eWBe < 0"),
        line_in_legend(color=BLUE, linewidth=3.2, label=f"from ({start})".replace("-", "−")),
    ]
    if len(ways) > 1:
        handles.append(line_in_legend(color=BLUE, linewidth=0.9, marker="o", markersize=2.6, label="other starts"))
    axes.legend(
        handles=handles, ncols=2, fontsize=SMALL, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.11), handlelength=2.6
    )
