"""The plane of the weights A and W of three neurons: what is known of it, and the ways through it that were recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neurosim.errors import InputError, Problem
from neurosim.figures._arms import Arm
from neurosim.figures._style import BLACK, GREY, PALE, line_in_legend
from neurosim.theory.three_neurons import ThreeNeurons

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

_ARROWS = 17
MANIFOLD = 4.0
"""The width of the lines of solutions, in points."""
UNSTABLE = (0.0, (2.0, 1.0))
"""The dashes of solutions that are not stable."""


def ways_of(compared: Sequence[Arm], first: str, second: str) -> list[np.ndarray]:
    """The trajectories [trial, (A, W)] of all networks of all recordings."""
    found: list[np.ndarray] = []
    for recording in (recording for arm in compared for recording in arm.recordings):
        if first in recording and second in recording:
            a, w = recording[first], recording[second]
            for series in (a, w):
                _require_scalar(series.address, series.values.shape[1:])
            if a.values.shape[1:] != w.values.shape[1:]:
                raise InputError([Problem(second, f"expected as many weights as {first} has")])
            _, of_a, of_w = np.intersect1d(a.trials, w.trials, return_indices=True)
            if len(of_a) > 1:
                pairs = np.stack([a.values[of_a].reshape(len(of_a), -1), w.values[of_w].reshape(len(of_w), -1)], axis=2)
                found += list(np.asarray(pairs, np.float64).transpose(1, 0, 2))
    if not found:
        raise InputError([Problem(second, f"no recording holds it and {first} at two common trials")])
    return found


def _require_scalar(address: str, shape: tuple[int, ...]) -> None:
    if len(shape) > 1 and shape != (1, 1):
        raise InputError([Problem(address, f"expected one weight, or one per network side by side, found the shape {shape}")])


def draw_basin(axes: Axes, network: ThreeNeurons, limit: float) -> None:
    """Shade from where one gets to the bad solutions."""
    alpha, omega = network.scales
    a = -np.sign(alpha) * np.linspace(1e-9, limit, 2000)
    edge = np.clip(network.separatrix(a), -limit, limit)
    axes.fill_between(a, edge, -np.sign(omega) * limit, color=PALE, linewidth=0, zorder=0)


def draw_field(axes: Axes, network: ThreeNeurons, limit: float) -> None:
    """Small arrows, whose length grows with the speed, but much less than it."""
    ticks = np.linspace(-limit, limit, _ARROWS + 2)[1:-1]
    a, w = np.meshgrid(ticks, ticks)
    da, dw = network.flow(a, w)
    speed = np.hypot(da, dw)
    shorter = np.divide((speed / speed.max()) ** 0.35, speed, out=np.zeros_like(speed), where=speed > 0) * (ticks[1] - ticks[0])
    axes.quiver(
        a,
        w,
        da * shorter,
        dw * shorter,
        angles="xy",
        scale_units="xy",
        scale=1.0,
        color="#6E6E6E",
        width=0.0028,
        headwidth=4.0,
        headlength=4.0,
        headaxislength=3.5,
        zorder=1,
    )


def draw_solutions(axes: Axes, network: ThreeNeurons, limit: float) -> None:
    """The hyperbola A W = T: its good branch, the stable and the unstable part of the bad one."""
    alpha = network.scales[0]
    side = np.sign(alpha) * np.geomspace(abs(network.target) / limit / 2, 2 * limit, 800)
    bad = np.sort(np.append(-side, -alpha))
    stable = network.stable(bad) | (bad == -alpha)
    unstable = ~network.stable(bad)
    axes.plot(side, network.target / side, color=GREY, linewidth=MANIFOLD, zorder=2)
    axes.plot(bad[stable], network.target / bad[stable], color=BLACK, linewidth=MANIFOLD, zorder=2)
    axes.plot(bad[unstable], network.target / bad[unstable], color=BLACK, linewidth=MANIFOLD, linestyle=UNSTABLE, zorder=2)


def solution_handles() -> list[Line2D]:
    """What the lines of solutions mean, for a legend."""
    return [
        line_in_legend(color=GREY, linewidth=MANIFOLD, label="solutions, eWBe > 0"),
        line_in_legend(color=BLACK, linewidth=MANIFOLD, label="solutions, eWBe < 0"),
        line_in_legend(color=BLACK, linewidth=MANIFOLD, linestyle=UNSTABLE, label="the same, unstable"),
    ]
