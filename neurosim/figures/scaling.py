"""How long learning takes, against a number that differs between the arms, such as a size (Supp. Fig. 1; Werfel et al. 2005)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neurosim.circuit.exchange import from_json
from neurosim.errors import InputError, Problem, nearest
from neurosim.figures._arms import Arm, require, title_of
from neurosim.figures._arms import arms as arms_of
from neurosim.figures._style import BLACK, BLUE, GREY, SMALL, name_axes, panels
from neurosim.parameters import Positive
from neurosim.recording import Recording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def figure(
    recordings: Sequence[Recording],
    quantity: str = "nse",
    reaches: float | None = None,
    against: list[Positive] | None = None,
    arms: list[str] | None = None,
    label: str | None = None,
    title: str | None = None,
) -> Figure:
    """The trials that each run needs to reach a level, against a number given for each arm, both on log axes.

    Dots are runs, the line joins the medians; dashed is proportion: through the first median with slope 1.

    Args:
        recordings: one per arm and seed.
        quantity: what falls to the level, e.g. `nse`.
        reaches: the level; unless said otherwise the lowest that the median run of every arm reaches.
        against: the number of each arm, above 0, in the order of the arms; unless said otherwise the synapses of its circuit.
        arms: which arms, by name; all unless said otherwise.
        label: what the numbers are, for the axis.
        title: unless said otherwise the scenario's.

    Runs that do not reach the level, or are there from the first, are left out; where that leaves none, the figure says so.

    Raises:
        InputError: no recording holds the quantity, an arm is unknown, or there is not one number for each.

    Source: Supp. Fig. 1, last sentence.
    """
    compared = _chosen(arms_of(recordings), arms)
    require(compared, quantity)
    given = [_synapses(arm) for arm in compared] if against is None else against
    if len(given) != len(compared):
        raise InputError([Problem("against", f"expected one number for each of the {len(compared)} arms, found {len(given)}")])
    level = max(_median_end(arm, quantity) for arm in compared) if reaches is None else reaches
    reached = [(number, found) for number, arm in zip(given, compared, strict=True) if len(found := _times(arm, quantity, level))]
    drawn, (axes,) = panels(1, width=3.8, height=3.0, title=title_of(compared) if title is None else title)
    named = label if label is not None else "synapses" if against is None else ""
    name_axes(axes, named, f"trials until {quantity} ≤ {level:.3g}")
    if reached:
        _draw(axes, reached)
    else:
        axes.text(0.5, 0.5, "no run gets there", transform=axes.transAxes, ha="center", fontsize=SMALL)
    return drawn


def _draw(axes: Axes, reached: list[tuple[float, np.ndarray]]) -> None:
    numbers = np.array([number for number, _ in reached])
    medians = np.array([np.median(found) for _, found in reached])
    for number, found in reached:
        axes.plot(np.full(len(found), number), found, ".", color=GREY, markersize=3, alpha=0.5)
    axes.plot(numbers, medians, "o-", color=BLUE, label=_slope(numbers, medians))
    axes.plot(numbers, medians[0] * numbers / numbers[0], color=BLACK, linestyle="dashed", linewidth=1, label="in proportion")
    axes.set(xscale="log", yscale="log")
    axes.set_xticks(numbers, [f"{number:g}" for number in numbers])
    axes.minorticks_off()
    axes.legend(fontsize=SMALL, frameon=False)


def _chosen(compared: list[Arm], names: list[str] | None) -> list[Arm]:
    if names is None:
        return compared
    known = {arm.name: arm for arm in compared}
    listed = ", ".join(known)
    unknown = [
        Problem(f"arms.{name}", f"no recording of this arm; there are {listed}", nearest(name, known))
        for name in names
        if name not in known
    ]
    if unknown:
        raise InputError(unknown)
    return [known[name] for name in names]


def _synapses(arm: Arm) -> float:
    return float(from_json(str(arm.recordings[0].attributes["circuit"])).synapses())


def _median_end(arm: Arm, quantity: str) -> float:
    return float(np.median([recording[quantity].values[-1] for recording in arm.holding(quantity)] or [0.0]))


def _times(arm: Arm, quantity: str, level: float) -> np.ndarray:
    found = []
    for recording in arm.holding(quantity):
        series = recording[quantity]
        reached = np.flatnonzero(series.values <= level)
        if len(reached) and reached[0] > 0:
            found.append(series.trials[reached[0]])
    return np.asarray(found, float)


def _slope(numbers: np.ndarray, medians: np.ndarray) -> str:
    if len(np.unique(numbers)) < 2:
        return "median"
    return f"median, slope {np.polyfit(np.log(numbers), np.log(medians), 1)[0]:.2f}"
