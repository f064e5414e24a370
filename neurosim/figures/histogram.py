"""How the numbers of a population or a projection are distributed, before and after learning (Supp. Fig. 9b)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from neurosim.errors import InputError, Problem
from neurosim.figures._arms import Arm, arms, held, require, title_of
from neurosim.figures._quantities import is_angle, name_of
from neurosim.figures._style import BLACK, FONT, GREY, PALE, Look, legend_below, looks, name_axes, panels
from neurosim.figures._traces import count
from neurosim.recording import Recording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_BINS = 10_000


def figure(
    recordings: Sequence[Recording],
    address: str | None = None,
    trials: list[int] | None = None,
    bins: Annotated[int, Field(ge=1, le=MOST_BINS)] = 36,
    low: float | None = None,
    high: float | None = None,
    label: str | None = None,
    title: str | None = None,
) -> Figure:
    """How the numbers of a quantity are distributed over its units at two moments: one panel per arm, all seeds together.

    Pale at the first of the moments, in the colour of the arm at the last. Angles go from 0 to 180°, with a line at 90°.

    Args:
        recordings: one per arm and seed.
        address: what has many numbers per trial, e.g. `hidden_to_output.neuron_angles`; unless said otherwise the
            first, angles before others and vectors before matrices.
        trials: at which recorded trials, in order; unless said otherwise the first and the last.
        bins: how many.
        low: where the first bin begins; unless said otherwise at 0 for angles, else at the smallest number.
        high: where the last bin ends; unless said otherwise at 180 for angles, else at the largest number.
        label: what the axis is called; unless said otherwise the quantity's address and units.
        title: unless said otherwise the scenario's.

    What is not finite is left out; what lies outside of `low` and `high` is, too.

    Raises:
        InputError: no recording holds the quantity, or it is one number per trial; or a trial is not recorded.

    Source: Supp. Fig. 9b.
    """
    compared = arms(recordings)
    address = require(compared, address) if address else _first_of_many(compared)
    taken = {arm: _taken(arm, address, trials) for arm in compared if arm.samples(address) is not None}
    edges = _edges([v for moments in taken.values() for v in moments.values()], is_angle(compared, address), bins, low, high)
    height = 2.6 + 0.16 * max(len(moments) for moments in taken.values())
    drawn, all_axes = panels(len(taken), width=3.0, height=height, title=title_of(compared) if title is None else title)
    arm_looks = dict(zip(compared, looks(arm.name for arm in compared), strict=True))
    for axes, (arm, moments) in zip(all_axes, taken.items(), strict=True):
        _draw(axes, moments, edges, arm_looks[arm])
        axes.set_title(arm.label, fontsize=FONT)
        up = "number of units" if len(arm.holding(address)) == 1 else f"number of units in {len(arm.holding(address))} runs"
        name_axes(axes, label or name_of(compared, address), up if axes is all_axes[0] else "")
        if is_angle(compared, address):
            axes.set_xticks(np.arange(0, 181, 45))
            axes.axvline(90.0, color=BLACK, linewidth=0.8, linestyle=(0.0, (2.0, 2.0)), zorder=20)
        axes.set_xlim(edges[0], edges[-1])
        legend_below(axes)
    return drawn


def _first_of_many(compared: Sequence[Arm]) -> str:
    """The first recorded quantity that has many numbers per trial: angles before others, vectors before matrices."""
    known = held(compared)
    axes = {address: max((s.values.ndim for arm in compared if (s := arm.samples(address))), default=0) for address in known}
    found = [address for address in known if axes[address] > 2]
    if not found:
        raise InputError(f"no recording holds a quantity of many numbers per trial; they hold {', '.join(known) or 'nothing'}")
    return min(found, key=lambda address: (not is_angle(compared, address), axes[address]))


def _taken(arm: Arm, address: str, trials: Sequence[int] | None) -> dict[int, np.ndarray]:
    """The finite numbers at each of the trials, those of all seeds together."""
    samples = arm.samples(address)
    assert samples is not None
    if samples.values.ndim == 2:
        raise InputError([Problem(address, "expected many numbers per trial, found one")])
    recorded = samples.trials.tolist()
    missing = [trial for trial in trials or () if trial not in recorded]
    if missing:
        close = min(recorded, key=lambda trial: abs(trial - missing[0]))
        raise InputError([Problem("trials", f"{address} is not recorded at trial {missing[0]}; the nearest is {close}")])
    moments = trials or dict.fromkeys([recorded[0], recorded[-1]])
    found = {trial: np.asarray(samples.values[:, recorded.index(trial)], np.float64).ravel() for trial in moments}
    return {trial: values[np.isfinite(values)] for trial, values in found.items()}


def _edges(stacks: Sequence[np.ndarray], angle: bool, bins: int, low: float | None, high: float | None) -> np.ndarray:
    """The edges of the bins, the same for all panels."""
    values = np.concatenate(stacks)
    if not values.size:
        raise InputError("there is no finite number to count")
    start = low if low is not None else 0.0 if angle else float(values.min())
    end = high if high is not None else 180.0 if angle else float(values.max())
    if low is None and high is None and start == end:
        start, end = start - 0.5, end + 0.5
    if start >= end:
        raise InputError([Problem("low", f"expected a number below {end:g}, where the last bin ends, found {start:g}")])
    return np.linspace(start, end, bins + 1)


def _draw(axes: Axes, moments: dict[int, np.ndarray], edges: np.ndarray, look: Look) -> None:
    """The counts at each moment, with their mean and spread in the legend: pale, then ever more in the arm's colour."""
    for index, (trial, values) in enumerate(moments.items()):
        when = f"after {count(trial)} trials" if trial else "before learning"
        told = f"{when}: mean {values.mean():.3g}, SD {values.std():.2g}" if values.size else f"{when}: nothing finite"
        counts, _ = np.histogram(values, edges)
        first = index == 0
        axes.stairs(
            counts,
            edges,
            fill=True,
            facecolor=PALE if first else look.colour,
            alpha=0.9 if first else 0.65 * index / (len(moments) - 1),
            label=told,
            zorder=1 + index,
        )
        axes.stairs(counts, edges, color=GREY if first else look.colour, linewidth=1.0, zorder=len(moments) + 2 - index)
