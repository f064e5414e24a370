"""Where networks of three neurons end, by where they start, over the basins of the closed form (Supp. Fig. 10b)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neurosim.figures._arms import arms, require, title_of
from neurosim.figures._style import SMALL, VERMILLION, area_in_legend, line_in_legend, name_axes, panels
from neurosim.figures._three_neurons import draw_solutions, solution_handles, ways_of
from neurosim.parameters import Positive
from neurosim.recording import Recording
from neurosim.theory.three_neurons import ThreeNeurons

if TYPE_CHECKING:
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

_GOOD, _BAD = "#E4F1FA", "#C4C4C4"
_BORDER: dict[str, Any] = {"color": VERMILLION, "linewidth": 1.0}


def figure(
    recordings: Sequence[Recording],
    first: str = "input_to_hidden.weights",
    second: str = "hidden_to_output.weights",
    feedback: float = 1.0,
    target: float = 1.0,
    limit: Positive = 2.0,
    title: str | None = None,
) -> Figure:
    """Each start (A, W) as a square, coloured by the branch of A W = T that its network ends on: grey where e W B e < 0 there.

    Starts on a lattice cover the plane. A line parts the two in closed form; thick lines are the solutions, as in `flow`.

    Args:
        recordings: of networks with one weight A and one weight W, or of many such networks side by side, one to one.
        first: the weight A from the input to the hidden neuron.
        second: the weight W from the hidden to the output neuron.
        feedback: the feedback weight B.
        target: the T of the target y* = T x.
        limit: both axes go from −limit to limit.
        title: unless said otherwise the scenario's.

    Raises:
        InputError: no recording holds both weights, or they are those of larger networks; or B or T is 0.

    Source: Supp. Fig. 10b.
    """
    network = ThreeNeurons(feedback, target)
    compared = arms(recordings)
    ways = ways_of(compared, require(compared, first), require(compared, second))
    starts, ends = (np.array([way[index] for way in ways]) for index in (0, -1))
    bad = np.sign(ends[:, 0]) != np.sign(network.scales[0])
    drawn, (axes,) = panels(1, width=4.0, height=4.4, title=title_of(compared) if title is None else title)
    for chosen, colour in ((~bad, _GOOD), (bad, _BAD)):
        axes.add_collection(_squares(starts[chosen], _side(starts, limit), colour))
    draw_solutions(axes, network, limit)
    side = -np.sign(network.scales[0]) * np.linspace(1e-9, limit, 2000)
    axes.plot(side, network.separatrix(side), zorder=3, **_BORDER)
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
    name_axes(axes, f"A, weight of {first.removesuffix('.weights')}", f"W, weight of {second.removesuffix('.weights')}")
    drawn.legend(handles=_handles(bad), loc="outside lower center", ncols=2, fontsize=SMALL, frameon=False)
    return drawn


def _side(starts: np.ndarray, limit: float) -> float:
    """The side of a square: on a lattice, from one start to the next; of few starts, small against the plane."""
    apart = np.ptp(starts, axis=0).max() / max(1.0, np.sqrt(len(starts)) - 1)
    return float(min(apart or limit, limit / 20))


def _squares(centres: np.ndarray, side: float, colour: str) -> PolyCollection:
    from matplotlib.collections import PolyCollection

    corners = side / 2 * np.array([(-1, -1), (-1, 1), (1, 1), (1, -1)])
    squares = centres[:, None, :] + corners
    return PolyCollection(list(squares), facecolors=colour, linewidths=0, antialiaseds=False, rasterized=True, zorder=1)


def _handles(bad: np.ndarray) -> list[Line2D | Patch]:
    return [
        *solution_handles(),
        area_in_legend(_GOOD, f"ends where eWBe > 0: {1 - bad.mean():.2%}"),
        area_in_legend(_BAD, f"ends where eWBe < 0: {bad.mean():.2%}"),
        line_in_legend(label="border in closed form", **_BORDER),
    ]
