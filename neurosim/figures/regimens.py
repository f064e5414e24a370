"""Quantities under several regimens of learning: one column per arm, one row per quantity (Supp. Figs 11 and 12)."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from neurosim.figures._arms import Arm, arms, title_of
from neurosim.figures._phases import Phase, phases_of
from neurosim.figures._quantities import chosen_numbers, name_of, on_log_axis, scale_axis
from neurosim.figures._style import BLACK, BLUE, FONT, PALE, RED, SMALL, blank, entitle, line_in_legend, name_axes, plain
from neurosim.figures._traces import Clock, Time, mark_time, quantile, shown
from neurosim.recording import Recording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW_CHARACTERS = 20
_ABOVE = 1.07
"""Where the arrows of the phases are, in heights of a panel."""


def figure(
    recordings: Sequence[Recording],
    quantities: list[str] | None = None,
    log: list[str] | None = None,
    labels: dict[str, str] | None = None,
    limits: dict[str, list[float]] | None = None,
    shared: bool = True,
    variation: bool = False,
    first: str = "input_to_hidden",
    second: str = "hidden_to_output",
    time: Time | None = None,
    title: str | None = None,
) -> Figure:
    """Quantities under several regimens: one column per arm, one row per quantity, one black trace per seed.

    Blue arrows on top are phases in which of two projections only the first learns, red ones those in which only the second
    does. Where the first learns alone for a second time, a black arrow points at the last row, the error: it falls although
    the second rests.

    Args:
        recordings: one per arm and seed; their attribute `phases` says what learns when, and without it there are no arrows.
        quantities: recorded numbers, in the order of the rows; unless said otherwise all.
        log: which of them have a log axis, which leaves out what is not above 0; unless said otherwise errors and losses,
            and with an empty list none.
        labels: quantity → what its axis is called; unless said otherwise its address and units.
        limits: quantity → the lower and the upper end of its axis.
        shared: whether the panels of a row have one vertical axis; else each has its own.
        variation: whether each panel with a linear axis says how far apart the seeds are: the largest standard deviation over
            seeds, as a part of the largest mean.
        first: the projection whose phases are blue.
        second: the projection whose phases are red.
        time: `trials`, or `passes` through the data; passes where the recordings say how long one is.
        title: unless said otherwise the scenario's.

    Raises:
        InputError: no recording holds a quantity, or it is not one number per trial; an option names none of them.
        DataError: an attribute `phases` is not a list of phases.

    Source: Supp. Figs 11, 12.
    """
    compared = arms(recordings)
    addresses = chosen_numbers(compared, quantities, log=dict.fromkeys(log or ()), labels=labels, limits=limits)
    drawn, grid = _laid_out(len(addresses), len(compared), shared, title_of(compared) if title is None else title)
    columns = [_column(arm, first, second, time) for arm in compared]
    solo = [phases for _, phases, _ in columns]
    for row, address in zip(grid, addresses, strict=True):
        logarithmic = on_log_axis(compared, address, log)
        _draw_row(row, columns, address, logarithmic, variation)
        for axes in row[:1] if shared else row:
            scale_axis(axes, compared, address, log=logarithmic, limits=limits)
        name_axes(row[0], "", labels[address] if labels and address in labels else _folded(name_of(compared, address)))
    for axes, (arm, phases, clock) in zip(grid[-1], columns, strict=True):
        _point_at_second(axes, arm, addresses[-1], phases, clock, on_log_axis(compared, addresses[-1], log))
        name_axes(axes, clock.label, axes.get_ylabel())
    for axes, (arm, phases, clock) in zip(grid[0], columns, strict=True):
        _draw_phases(axes, phases, clock)
        axes.set_title(arm.label, fontsize=FONT, pad=15 if any(colour for _, colour in chain(*solo)) else 6)
    drawn.align_ylabels(grid[:, 0])
    _legend(drawn, solo, first, second)
    return drawn


Column = tuple[Arm, Sequence[tuple[Phase, str]], Clock]
"""An arm, its phases with their colours, and its clock."""


def _laid_out(rows: int, columns: int, shared: bool, title: str) -> tuple[Figure, np.ndarray]:
    drawn = blank((2.3 * columns + 0.9, 1.55 * rows + 1.2), layout="constrained")
    entitle(drawn, title)
    return drawn, drawn.subplots(rows, columns, sharex="col", sharey="row" if shared else False, squeeze=False)


def _column(arm: Arm, first: str, second: str, time: Time | None) -> Column:
    return arm, [(phase, _colour(phase, first, second)) for phase in phases_of(arm.recordings[0])], Clock([arm], time)


def _draw_row(row: Sequence[Axes], columns: Sequence[Column], address: str, log: bool, variation: bool) -> None:
    """One quantity: a panel for each arm."""
    for axes, (arm, phases, clock) in zip(row, columns, strict=True):
        plain(axes)
        _draw_seeds(axes, arm, address, clock, log)
        _part(axes, phases, clock)
        if variation and not log:
            _tell_variation(axes, arm, address)


def _folded(name: str) -> str:
    """A name in lines that are no longer than a row is high; addresses are parted at their dots.

    >>> _folded("hidden_to_output.weights")
    'hidden_to_output.\\nweights'
    """
    return textwrap.fill(name.replace(".", ". "), _ROW_CHARACTERS, break_long_words=False).replace(". ", ".")


def _colour(phase: Phase, first: str, second: str) -> str:
    """Blue where only the first projection learns, red where only the second does; none elsewhere."""
    return BLUE if phase.learns_only(first, second) else RED if phase.learns_only(second, first) else ""


def _draw_seeds(axes: Axes, arm: Arm, address: str, clock: Clock, log: bool) -> None:
    samples = arm.samples(address)
    if samples is not None and samples.values.ndim == 2:
        axes.plot(clock(samples.trials), shown(samples.values, log).T, color=BLACK, linewidth=0.6, alpha=0.7)
    mark_time(axes, ticks=4)


def _part(axes: Axes, phases: Sequence[tuple[Phase, str]], clock: Clock) -> None:
    """A hairline wherever one phase ends and the next begins."""
    for phase, _ in phases[1:]:
        axes.axvline(float(clock(np.array(phase.first))), color=PALE, linewidth=0.8, zorder=0)


def _draw_phases(axes: Axes, phases: Sequence[tuple[Phase, str]], clock: Clock) -> None:
    """An arrow above the panel for each phase in which one projection learns alone."""
    for phase, colour in phases:
        if colour:
            start, end = (float(clock(np.array(trial))) for trial in (phase.first, phase.last))
            axes.annotate(
                "",
                xy=(end, _ABOVE),
                xytext=(start, _ABOVE),
                xycoords=axes.get_xaxis_transform(),
                textcoords=axes.get_xaxis_transform(),
                arrowprops={
                    "arrowstyle": "-|>,head_width=0.28,head_length=0.5",
                    "color": colour,
                    "linewidth": 2.0,
                    "shrinkA": 0,
                    "shrinkB": 0,
                },
                annotation_clip=False,
            )


def _point_at_second(axes: Axes, arm: Arm, address: str, phases: Sequence[tuple[Phase, str]], clock: Clock, log: bool) -> None:
    """A black arrow at the middle run in the middle of the second phase in which the first projection learns alone."""
    blue = [phase for phase, colour in phases if colour == BLUE]
    samples = arm.samples(address)
    if len(blue) < 2 or samples is None:
        return
    middle = (blue[1].first + blue[1].last) / 2
    height = np.interp(middle, samples.trials, quantile(shown(samples.values, log), 0.5))
    if np.isfinite(height):
        axes.annotate(
            "",
            xy=(float(clock(np.array(middle))), float(height)),
            xytext=(26, 10),
            textcoords="offset points",
            arrowprops={"arrowstyle": "-|>", "color": BLACK, "linewidth": 1.6, "shrinkA": 0, "shrinkB": 4},
            annotation_clip=False,
            zorder=5,
        )


def _tell_variation(axes: Axes, arm: Arm, address: str) -> None:
    """How far apart the seeds are, in small letters on the right; nothing where there is one, or no mean other than 0."""
    samples = arm.samples(address)
    if samples is None or samples.values.ndim != 2 or len(samples.values) < 2:
        return
    largest = np.abs(samples.values.mean(axis=0)).max()
    if np.isfinite(largest) and largest > 0:
        told = f"SD ≤ {samples.values.std(axis=0, ddof=1).max() / largest:.1%} of the peak"
        axes.text(0.97, 0.5, told, fontsize=SMALL, ha="right", va="center", transform=axes.transAxes)


def _legend(drawn: Figure, solo: Sequence[Sequence[tuple[Phase, str]]], first: str, second: str) -> None:
    """What the arrows mean, below the panels; nothing where there are none."""
    found = {colour for phases in solo for _, colour in phases}
    handles = [
        line_in_legend(color=colour, linewidth=2.0, marker=">", markevery=(1, 2), label=f"only {name} learns")
        for colour, name in ((BLUE, first), (RED, second))
        if colour in found
    ]
    if handles:
        across = min(2, len(solo))
        drawn.legend(handles=handles, loc="outside lower center", ncols=across, fontsize=SMALL, frameon=False, handlelength=2.4)
