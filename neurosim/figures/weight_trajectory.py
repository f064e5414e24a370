"""How forward weights come to agree with the fixed feedback weights (Supp. Fig. 7c and Supp. Note 4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from neurosim.errors import InputError, Problem
from neurosim.figures._arms import Arm, arms, require, title_of
from neurosim.figures._pairs import Pair, angle_between, draw_cloud, draw_cross, pair_of, pairs_of
from neurosim.figures._style import (
    BLACK,
    FONT,
    GREY,
    SMALL,
    VERMILLION,
    Look,
    legend_below,
    line_in_legend,
    looks,
    name_axes,
    panels,
)
from neurosim.figures._traces import Clock, Time, count
from neurosim.recording import Recording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TRACED = 8
"""Matrices of up to so many synapses are drawn as traces, larger ones as scatter plots."""

_BACK: dict[str, Any] = {"color": GREY, "linewidth": 1.6, "linestyle": (0.0, (4.0, 1.5))}
_POINT: dict[str, Any] = {"color": VERMILLION, "marker": "x", "markersize": 8.0, "markeredgewidth": 2.0}
_CLOSEST: dict[str, Any] = {"color": BLACK, "marker": "+", "markersize": 8.0}

View = Literal["traces", "plane", "scatter"]


def figure(
    recordings: Sequence[Recording],
    address: str = "hidden_to_output.weights",
    against: str | None = None,
    view: View | None = None,
    point: list[float] | None = None,
    seed: int | None = None,
    time: Time | None = None,
    title: str | None = None,
) -> Figure:
    """How forward weights W come to agree with the transpose of the feedback weights B: one panel per arm, one seed.

    Args:
        recordings: one per arm and seed.
        address: the forward weights W[post, pre].
        against: the feedback weights B[pre, post]; unless said otherwise those that feed what teaches the population
            that W starts from, where they are recorded.
        view: `traces`, each synapse over trials with (up to 8) a dashed line for its feedback weight; `plane`, the way of two
            synapses, one against the other, and the direction of B; or `scatter`, W against Bᵀ at the first and the last
            sample. Unless said otherwise a plane where there is a point, else traces for up to 8 synapses.
        point: weights to mark in the plane, such as printed ones.
        seed: which seed; unless said otherwise the one that passes the point most closely, or the first.
        time: of traces: `trials`, or `passes` through the data; passes where the recordings say how long one is.
        title: unless said otherwise the scenario's.

    A scatter plot shows only arms whose feedback weights are recorded.

    Raises:
        InputError: no recording holds the weights, nor this seed; or W and Bᵀ are not of the same shape; or a plane or a
            point is asked for where there are not two synapses.

    Source: Supp. Fig. 7c, Supp. Note 4.
    """
    compared = arms(recordings)
    for wanted in (address, against):
        if wanted is not None:
            require(compared, wanted)
    pairs = pairs_of(compared, address, against, seed)
    shown = title_of(compared) if title is None else title
    chosen = _view(view, pairs, point)
    if chosen == "plane":
        _require_two(pairs, address, point)
        if point and seed is None:
            pairs = [_closest(arm, address, against, point) for arm in compared if arm.holding(address)]
        return _planes(pairs, looks(pair.name for pair in pairs), point, shown)
    if chosen == "scatter":
        return _scatters([pair for pair in pairs if pair.feedback is not None], shown)
    return _traces(pairs, Clock(compared, time), address, shown)


def _view(view: View | None, pairs: Sequence[Pair], point: Sequence[float] | None) -> View:
    """How the weights are drawn."""
    comparable = any(pair.feedback is not None for pair in pairs)
    if view == "scatter" and not comparable:
        raise InputError("view: a scatter plot needs feedback weights, and no recording holds those of these forward weights")
    if point is not None and view not in (None, "plane"):
        raise InputError([Problem("point", f"is marked in the view 'plane' only, found the view {view!r}")])
    if view is not None or point is not None:
        return view or "plane"
    return "scatter" if comparable and any(pair.forward[0].size > TRACED for pair in pairs) else "traces"


def _require_two(pairs: Sequence[Pair], address: str, point: Sequence[float] | None) -> None:
    """A plane has two axes."""
    sizes = {pair.forward[0].size for pair in pairs}
    if sizes != {2}:
        raise InputError(f"view: a plane shows two synapses; {address} has {', '.join(map(str, sorted(sizes)))}")
    if point is not None and len(point) != 2:
        raise InputError([Problem("point", f"expected two weights, found {len(point)}")])


def _closest(arm: Arm, address: str, against: str | None, point: Sequence[float]) -> Pair:
    """The weights of that seed of an arm that pass a point most closely."""
    closest = min(arm.holding(address), key=lambda one: _nearest_row(one[address].values, point)[1])
    found = pair_of(Arm(arm.name, arm.label, (closest,)), address, against, None)
    assert found is not None
    return found


def _nearest_row(weights: np.ndarray, point: Sequence[float]) -> tuple[int, float]:
    """The sample at which weights are closest to a point, and the largest difference there."""
    apart = np.abs(weights.reshape(len(weights), -1) - np.asarray(point)).max(axis=1)
    return int(apart.argmin()), float(apart.min())


def _planes(pairs: Sequence[Pair], drawn_as: Sequence[Look], point: Sequence[float] | None, title: str) -> Figure:
    drawn, all_axes = panels(len(pairs), width=2.9, height=4.0, title=title, shared=False)
    for axes, pair, look in zip(all_axes, pairs, drawn_as, strict=True):
        _draw_plane(axes, pair, look, point)
        axes.set_title("\n".join([f"{pair.label}, seed {pair.seed}", *_told(pair, point)]), fontsize=SMALL)
    handles = [
        line_in_legend(color=BLACK, marker="o", markerfacecolor="white", linestyle="none", label="W begins"),
        line_in_legend(color=BLACK, marker="D", linestyle="none", label="W ends"),
    ]
    if any(pair.feedback is not None for pair in pairs):
        handles.append(line_in_legend(**_BACK, label="$B^T$"))
    if point is not None:
        handles.append(line_in_legend(**_POINT, linestyle="none", label=f"marked: {_numbers(point)}"))
        handles.append(line_in_legend(**_CLOSEST, linestyle="none", label="W closest to it"))
    drawn.legend(handles=handles, loc="outside lower center", ncols=2 if len(pairs) == 1 else 5, fontsize=SMALL, frameon=False)
    return drawn


def _draw_plane(axes: Axes, pair: Pair, look: Look, point: Sequence[float] | None) -> None:
    """The way of two weights, from a circle to a diamond, the direction of B, and the point with what comes closest to it."""
    way = _way(pair)
    draw_cross(axes)
    axes.plot(*way.T, color=look.colour, linewidth=1.4, zorder=3)
    axes.plot(*way[0], "o", color=look.colour, markerfacecolor="white", markersize=5, zorder=4)
    axes.plot(*way[-1], "D", color=look.colour, markersize=5, zorder=4)
    if pair.feedback is not None:
        back = pair.feedback[-1].ravel()
        arrow = {"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, **_BACK}
        axes.annotate("", xy=tuple(back), xytext=(0.0, 0.0), arrowprops=arrow, zorder=2)
        axes.plot(*back, alpha=0.0)  # an arrow alone does not widen the axes
    if point is not None:
        axes.plot(*point, **_POINT, zorder=5)
        axes.plot(*way[_nearest_row(pair.forward, point)[0]], **_CLOSEST, zorder=6)
    names = _synapses(*pair.forward.shape[1:])
    name_axes(axes, f"forward weight {names[0]}", f"forward weight {names[1]}")
    _square(axes)


def _way(pair: Pair) -> np.ndarray:
    """Two weights over trials."""
    return pair.forward.reshape(len(pair.trials), 2)


def _told(pair: Pair, point: Sequence[float] | None) -> list[str]:
    """Where the way begins and ends, and what of it is closest to the point."""
    way = _way(pair)
    lines = [f"from {_numbers(way[0])} to {_numbers(way[-1])}"]
    if point is not None:
        row, _ = _nearest_row(pair.forward, point)
        lines.append(f"closest {_numbers(way[row])} after {count(pair.trials[row])} trials")
    return lines


def _square(axes: Axes) -> None:
    """The same scale on both axes, and as much of one as of the other."""
    middle_and_reach = [(sum(ends) / 2, (ends[1] - ends[0]) / 2) for ends in (axes.get_xlim(), axes.get_ylim())]
    reach = max(reach for _, reach in middle_and_reach)
    (across, _), (up, _) = middle_and_reach
    axes.set_xlim(across - reach, across + reach)
    axes.set_ylim(up - reach, up + reach)
    axes.set_box_aspect(1.0)


def _numbers(weights: Sequence[float] | np.ndarray) -> str:
    return f"({', '.join(f'{weight:.2f}' for weight in weights)})".replace("-", "−")


def _synapses(post: int, pre: int) -> list[str]:
    """The names of all synapses, W₁₁ first."""
    return [f"$W_{{{i + 1}{j + 1}}}$" for i in range(post) for j in range(pre)]


def _traces(pairs: Sequence[Pair], clock: Clock, address: str, title: str) -> Figure:
    drawn, all_axes = panels(len(pairs), width=2.7, title=title, right=1.0 if pairs[0].forward[0].size <= TRACED else 0.0)
    for axes, pair in zip(all_axes, pairs, strict=True):
        _trace(axes, pair, clock)
        axes.set_title(pair.label, fontsize=FONT)
        name_axes(axes, clock.label, f"weight of {address.removesuffix('.weights')}" if axes is all_axes[0] else "")
    _, post, pre = max((pair.forward.shape for pair in pairs), key=lambda shape: shape[1] * shape[2])
    if post * pre <= TRACED:
        names = _synapses(post, pre)
        handles = [line_in_legend(color=look.colour, label=name) for name, look in zip(names, looks(names), strict=True)]
        if any(pair.feedback is not None for pair in pairs):
            handles.append(line_in_legend(color=BLACK, linestyle="dashed", linewidth=1.0, label="$B^T$, same colour"))
        drawn.legend(handles=handles, loc="outside right center", fontsize=SMALL, frameon=False)
    return drawn


def _trace(axes: Axes, pair: Pair, clock: Clock) -> None:
    across = clock(pair.trials)
    flat = pair.forward.reshape(len(across), -1)
    few = flat.shape[1] <= TRACED
    back = pair.feedback.reshape(len(across), -1) if few and pair.feedback is not None else None
    for index, look in enumerate(looks(str(i) for i in range(flat.shape[1]))):
        axes.plot(across, flat[:, index], color=look.colour, linewidth=1.4 if few else 0.5)
        if back is not None:
            axes.plot(across, back[:, index], color=look.colour, linewidth=1.0, linestyle="dashed")
    axes.margins(x=0.0)


def _scatters(pairs: Sequence[Pair], title: str) -> Figure:
    drawn, all_axes = panels(len(pairs), width=2.9, height=3.0, title=title)
    for axes, pair in zip(all_axes, pairs, strict=True):
        assert pair.feedback is not None
        for row in (0, -1):
            angle = angle_between(pair.forward[row], pair.feedback[row])
            draw_cloud(axes, pair, row, f"after {pair.trials[row]} trials: {angle:.0f}° from $B^T$")
        draw_cross(axes)
        axes.set_title(pair.label, fontsize=FONT)
        name_axes(axes, "feedback weight, transposed, $B^T$", "forward weight W" if axes is all_axes[0] else "")
        legend_below(axes)
    return drawn
