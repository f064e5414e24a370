"""One line per arm over trials: the median over seeds, and how far the seeds are apart."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from neurosim.errors import InputError
from neurosim.figures._arms import Arm, trials_per_pass
from neurosim.figures._style import SMALL, Look, looks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEGEND_CHARACTERS = 36
"""Longer labels, like those of the points of a grid, go over several lines."""

Spread = Literal["quartiles", "extremes", "seeds", "none"]
Time = Literal["trials", "passes"]


class Clock:
    """The horizontal axis: trials, or passes through the data where the recordings say how long one is.

    Raises:
        InputError: passes are asked for, but the recordings do not say how many trials one has.
    """

    def __init__(self, compared: Sequence[Arm], time: Time | None) -> None:
        per_pass = trials_per_pass(compared)
        if time == "passes" and per_pass is None:
            raise InputError("time: the recordings do not say how many trials a pass has; expected 'trials'")
        self._per_pass = per_pass if time != "trials" else None

    def __call__(self, trials: np.ndarray) -> np.ndarray:
        return trials / self._per_pass if self._per_pass else trials

    @property
    def label(self) -> str:
        """What the axis shows."""
        return "passes through the data" if self._per_pass else "trials"


def draw_arms(
    axes: Axes,
    compared: Sequence[Arm],
    address: str,
    spread: Spread,
    clock: Clock,
    *,
    log: bool = False,
    drawn_as: Sequence[Look] | None = None,
    solved: float | None = None,
) -> None:
    """Draw a quantity of every arm that holds it; what a log axis cannot show is left out.

    `drawn_as` has a look for each arm; unless it is given, the looks go by the arms' names. With `solved` only the runs that
    end at or below that level make the median and the shade, and the label counts them.
    """
    for arm, look in zip(compared, drawn_as or looks(arm.name for arm in compared), strict=True):
        samples = arm.samples(address)
        if samples is None or samples.values.ndim != 2 or not np.isfinite(samples.values).any():
            continue
        across, values, label = clock(samples.trials), shown(samples.values, log), arm.label
        chosen = values
        if solved is not None:
            chosen = values[samples.values[:, -1] <= solved]
            label += f" ({len(chosen)} of {len(values)} runs)"
        _draw_spread(axes, across, values if spread == "seeds" else chosen, spread, look)
        axes.plot(across, quantile(chosen, 0.5), label=label, zorder=3, **look.line)
    mark_time(axes)


def mark_time(axes: Axes, ticks: int = 5) -> None:
    """A horizontal axis of trials or passes, from the first to the last."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(ticks))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda number, _: count(number)))
    axes.margins(x=0.0)


def count(number: float) -> str:
    """A number of trials, short enough that neighbours on an axis do not touch.

    >>> count(2.5), count(2000), count(400000), count(1500000)
    ('2.5', '2000', '400k', '1.5M')
    """
    for size, letter in ((1e6, "M"), (1e4, "k")):
        if abs(number) >= size:
            return f"{number / (1e6 if letter == 'M' else 1e3):g}{letter}"
    return f"{number:g}"


def _draw_spread(axes: Axes, across: np.ndarray, values: np.ndarray, spread: Spread, look: Look) -> None:
    if spread == "none" or len(values) < 2:
        return
    if spread == "seeds":
        axes.plot(across, values.T, color=look.colour, linewidth=0.6, alpha=0.6, zorder=2)
        return
    low, high = (0.25, 0.75) if spread == "quartiles" else (0.0, 1.0)
    axes.fill_between(across, quantile(values, low), quantile(values, high), color=look.colour, alpha=0.2, linewidth=0, zorder=1)


def shown(values: np.ndarray, log: bool) -> np.ndarray:
    """The values that an axis can show, nan for the others.

    >>> shown(np.array([1.0, 0.0, np.inf]), log=True).tolist()
    [1.0, nan, nan]
    """
    numbers = np.asarray(values, np.float64)
    return np.where(np.isfinite(numbers) & ((numbers > 0) | (not log)), numbers, np.nan)


def quantile(values: np.ndarray, q: float) -> np.ndarray:
    """A quantile over seeds per trial, of the seeds that have a number; nan where none has.

    >>> quantile(np.array([[1.0, np.nan], [3.0, np.nan]]), 0.5).tolist()
    [2.0, nan]
    """
    found = np.full(values.shape[1:], np.nan)
    some = np.isfinite(values).any(axis=0)
    found[some] = np.nanquantile(values[:, some], q, axis=0)
    return found


def positive(compared: Sequence[Arm], address: str) -> bool:
    """Whether a log axis has anything to show."""
    stacks = [samples.values for arm in compared if (samples := arm.samples(address)) is not None]
    return any(bool((values[np.isfinite(values)] > 0).any()) for values in stacks)


def legend(figure: Figure, axes: Sequence[Axes], title: str = "") -> None:
    """One legend for all panels, beside the last, with room for every line of it; none where there is no name to tell."""
    title = textwrap.fill(title, LEGEND_CHARACTERS)
    named = {
        textwrap.fill(label, LEGEND_CHARACTERS): handle
        for one in axes
        for handle, label in zip(*one.get_legend_handles_labels(), strict=True)
    }
    if named:
        lines = sum(label.count("\n") + 1.5 for label in [*named, *filter(None, [title])])
        figure.set_figheight(max(figure.get_figheight(), lines * SMALL * 1.2 / 72))
        figure.legend(
            list(named.values()),
            list(named),
            loc="outside right center",
            fontsize=SMALL,
            frameon=False,
            handlelength=3.2,
            title=title,
            title_fontsize=SMALL,
            alignment="left",
        )
