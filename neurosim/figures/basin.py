"""Where networks of three neurons end, by where they start, over the basins of the closed form (Supp. Fig. 10b)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from neurosim.figures._arms import arms, require, title_of
from neurosim.figures._style import BLACK, SKY, SMALL, VERMILLION, name_axes, panels
from neurosim.figures._three_neurons import MANIFOLD, UNSTABLE, draw_solutions, ways_of
from neurosim.parameters import Positive
from neurosim.recording import Recording
from neurosim.theory.three_neurons import ThreeNeurons


def figure(
    recordings: Sequence[Recording],
    first: str = "input_to_hidden.weights",
    second: str = "hidden_to_output.weights",
    feedback: float = 1.0,
    target: float = 1.0,
    limit: Positive = 2.0,
    title: str | None = None,
) -> Figure:
    """Each start (A, W) as a dot, coloured by the branch of A W = T that its network ends on; a line parts them in closed form.

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
    size = max(1.0, 200.0 / np.sqrt(len(starts)))
    for chosen, colour in ((~bad, SKY), (bad, VERMILLION)):
        axes.scatter(starts[chosen, 0], starts[chosen, 1], s=size, color=colour, marker="s", linewidths=0, zorder=1)
    draw_solutions(axes, network, limit)
    side = -np.sign(network.scales[0]) * np.linspace(1e-9, limit, 2000)
    axes.plot(side, network.separatrix(side), color=BLACK, linewidth=1.0, zorder=3)
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
    name_axes(axes, f"A, weight of {first.removesuffix('.weights')}", f"W, weight of {second.removesuffix('.weights')}")
    drawn.legend(handles=_handles(bad), loc="outside lower center", ncols=2, fontsize=SMALL, frameon=False)
    return drawn


def _handles(bad: np.ndarray) -> list[Line2D]:
    dot: dict[str, Any] = {"linestyle": "none", "marker": "s", "markersize": 6}
    return [
        Line2D([], [], color=SKY, label=f"ends where eWBe > 0: {1 - bad.mean():.2%}", **dot),
        Line2D([], [], color=VERMILLION, label=f"ends where eWBe < 0: {bad.mean():.2%}", **dot),
        Line2D([], [], color=BLACK, linewidth=1.0, label="border in closed form"),
        Line2D([], [], color=BLACK, linewidth=MANIFOLD, linestyle=UNSTABLE, label="solutions, unstable"),
    ]
