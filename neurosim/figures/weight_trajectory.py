"""How forward weights come to agree with the fixed feedback weights (Supp. Fig. 7c and Supp. Note 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from neurosim.circuit.exchange import from_json
from neurosim.errors import InputError
from neurosim.figures._arms import Arm, Samples, arms, require, seed_of, title_of
from neurosim.figures._style import BLACK, FONT, GREEN, GREY, SMALL, looks, name_axes, panels
from neurosim.figures._traces import Clock, Time
from neurosim.recording import Recording

TRACED = 8
"""Matrices of up to so many synapses are drawn as traces, larger ones as scatter plots."""


@dataclass(frozen=True, eq=False)
class _Pair:
    """Forward weights W[trial, post, pre] and, where there are any, the transposed feedback weights of the same shape."""

    label: str
    trials: np.ndarray
    forward: np.ndarray
    feedback: np.ndarray | None


def figure(
    recordings: Sequence[Recording],
    address: str = "hidden_to_output.weights",
    against: str | None = None,
    view: Literal["traces", "scatter"] | None = None,
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
        view: `traces`, each synapse over trials with (up to 8) a dashed line for its feedback weight; or `scatter`, W against Bᵀ
            at the first and the last sample. Unless said otherwise traces for up to 8 synapses.
        seed: which seed; the first unless said otherwise.
        time: of traces: `trials`, or `passes` through the data; passes where the recordings say how long one is.
        title: unless said otherwise the scenario's.

    A scatter plot shows only arms whose feedback weights are recorded.

    Raises:
        InputError: no recording holds the weights, nor this seed; or W and Bᵀ are not of the same shape.

    Source: Supp. Fig. 7c, Supp. Note 4.
    """
    compared = arms(recordings)
    for wanted in (address, against):
        if wanted is not None:
            require(compared, wanted)
    pairs = [pair for arm in compared if (pair := _pair(arm, address, against, seed)) is not None]
    if not pairs:
        raise InputError(f"seed: no recording that holds {address} has the seed {seed}")
    shown = title_of(compared) if title is None else title
    if _scattered(view, pairs):
        return _scatters([pair for pair in pairs if pair.feedback is not None], shown)
    return _traces(pairs, Clock(compared, time), address, shown)


def _pair(arm: Arm, address: str, against: str | None, seed: int | None) -> _Pair | None:
    """The weights of one seed of an arm; None where it does not hold them."""
    for recording in arm.holding(address):
        if seed is None or seed_of(recording) == seed:
            one = Arm(arm.name, arm.label, (recording,))
            forward = _matrices(one.samples(address), address)
            mirrored = against or _feedback_of(recording, address)
            back = one.samples(mirrored) if mirrored else None
            if back is None:
                return _Pair(arm.label, recording[address].trials, forward, None)
            trials = recording[address].trials
            last = np.maximum(np.searchsorted(back.trials, trials, side="right") - 1, 0)  # B as it was last recorded
            feedback = _matrices(back, mirrored).transpose(0, 2, 1)
            if feedback.shape[1:] != forward.shape[1:]:
                raise InputError(
                    f"{mirrored}: expected the shape {forward.shape[:0:-1]} to match {address}, found {feedback.shape[:0:-1]}"
                )
            return _Pair(arm.label, trials, forward, feedback[last])
    return None


def _matrices(samples: Samples | None, address: str) -> np.ndarray:
    """The weight matrices of the only seed, per trial."""
    assert samples is not None
    if samples.values.ndim != 4:
        raise InputError(f"{address}: expected a matrix per trial, [post, pre], found arrays of shape {samples.values.shape[2:]}")
    return np.asarray(samples.values[0], np.float64)


def _feedback_of(recording: Recording, address: str) -> str:
    """The weights of the projection that feeds what teaches the population that a forward projection starts from."""
    text = recording.attributes.get("circuit")
    if not text:
        return "error_to_feedback.weights"
    mirror = from_json(str(text)).mirror(address.removesuffix(".weights"))
    return f"{mirror}.weights" if mirror is not None and f"{mirror}.weights" in recording else ""


def _scattered(view: str | None, pairs: Sequence[_Pair]) -> bool:
    """Whether the weights are drawn as scatter plots."""
    comparable = any(pair.feedback is not None for pair in pairs)
    if view == "scatter" and not comparable:
        raise InputError("view: a scatter plot needs feedback weights, and no recording holds those of these forward weights")
    large = any(pair.forward[0].size > TRACED for pair in pairs)
    return comparable and (view == "scatter" or (view is None and large))


def _traces(pairs: Sequence[_Pair], clock: Clock, address: str, title: str) -> Figure:
    drawn, all_axes = panels(len(pairs), width=2.7, title=title, right=1.0 if pairs[0].forward[0].size <= TRACED else 0.0)
    for axes, pair in zip(all_axes, pairs, strict=True):
        _trace(axes, pair, clock)
        axes.set_title(pair.label, fontsize=FONT)
        name_axes(axes, clock.label, f"weight of {address.removesuffix('.weights')}" if axes is all_axes[0] else "")
    _, post, pre = max((pair.forward.shape for pair in pairs), key=lambda shape: shape[1] * shape[2])
    if post * pre <= TRACED:
        names = [f"$W_{{{i + 1}{j + 1}}}$" for i in range(post) for j in range(pre)]
        handles = [Line2D([], [], color=look.colour, label=name) for name, look in zip(names, looks(names), strict=True)]
        if any(pair.feedback is not None for pair in pairs):
            handles.append(Line2D([], [], color=BLACK, linestyle="dashed", linewidth=1.0, label="$B^T$, same colour"))
        drawn.legend(handles=handles, loc="outside right center", fontsize=SMALL, frameon=False)
    return drawn


def _trace(axes: Axes, pair: _Pair, clock: Clock) -> None:
    across = clock(pair.trials)
    flat = pair.forward.reshape(len(across), -1)
    few = flat.shape[1] <= TRACED
    back = pair.feedback.reshape(len(across), -1) if few and pair.feedback is not None else None
    for index, look in enumerate(looks(str(i) for i in range(flat.shape[1]))):
        axes.plot(across, flat[:, index], color=look.colour, linewidth=1.4 if few else 0.5)
        if back is not None:
            axes.plot(across, back[:, index], color=look.colour, linewidth=1.0, linestyle="dashed")
    axes.margins(x=0.0)


def _scatters(pairs: Sequence[_Pair], title: str) -> Figure:
    drawn, all_axes = panels(len(pairs), width=2.9, height=3.0, title=title)
    for axes, pair in zip(all_axes, pairs, strict=True):
        assert pair.feedback is not None
        for row, marker, colour, face in ((0, "o", GREY, "none"), (-1, "D", GREEN, GREEN)):
            label = f"after {pair.trials[row]} trials: {_angle(pair.forward[row], pair.feedback[row]):.0f}° from $B^T$"
            axes.scatter(
                pair.feedback[row].ravel(),
                pair.forward[row].ravel(),
                s=14,
                marker=marker,
                edgecolors=colour,
                facecolors=face,
                linewidths=0.9,
                label=label,
                zorder=3,
            )
        axes.axhline(0.0, color=GREY, linewidth=0.5, zorder=0)
        axes.axvline(0.0, color=GREY, linewidth=0.5, zorder=0)
        axes.set_title(pair.label, fontsize=FONT)
        name_axes(axes, "feedback weight, transposed, $B^T$", "forward weight W" if axes is all_axes[0] else "")
        axes.legend(fontsize=SMALL, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.22), handletextpad=0.2)
    return drawn


def _angle(one: np.ndarray, other: np.ndarray) -> float:
    """The angle between two matrices taken as vectors, in degrees; nan where one of them is 0."""
    norms = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(np.degrees(np.arccos(np.clip((one * other).sum() / norms, -1.0, 1.0)))) if norms else float("nan")
