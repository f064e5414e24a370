"""Forward weights W beside the transpose of the feedback weights B that mirror them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neurosim.circuit.exchange import from_json
from neurosim.errors import InputError
from neurosim.figures._arms import Arm, Samples, seed_of
from neurosim.figures._style import GREEN, GREY
from neurosim.recording import Recording

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class Pair:
    """Forward weights W[trial, post, pre] and, where there are any, the transposed feedback weights of the same shape."""

    name: str
    label: str
    seed: int
    trials: np.ndarray
    forward: np.ndarray
    feedback: np.ndarray | None


def pair_of(arm: Arm, address: str, against: str | None, seed: int | None) -> Pair | None:
    """The weights of one seed of an arm; None where it does not hold them."""
    for recording in arm.holding(address):
        if seed is None or seed_of(recording) == seed:
            one = Arm(arm.name, arm.label, (recording,))
            forward = _matrices(one.samples(address), address)
            mirrored = against or _feedback_of(recording, address)
            back = one.samples(mirrored) if mirrored else None
            if back is None:
                return Pair(arm.name, arm.label, seed_of(recording), recording[address].trials, forward, None)
            trials = recording[address].trials
            last = np.maximum(np.searchsorted(back.trials, trials, side="right") - 1, 0)  # B as it was last recorded
            feedback = _matrices(back, mirrored).transpose(0, 2, 1)
            if feedback.shape[1:] != forward.shape[1:]:
                raise InputError(
                    f"{mirrored}: expected the shape {forward.shape[:0:-1]} to match {address}, found {feedback.shape[:0:-1]}"
                )
            return Pair(arm.name, arm.label, seed_of(recording), trials, forward, feedback[last])
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


def pairs_of(compared: Sequence[Arm], address: str, against: str | None, seed: int | None) -> list[Pair]:
    """The weights of one seed of every arm that holds them: of the first seed, unless another is asked for.

    Raises:
        InputError: no arm holds them with that seed; or W and Bᵀ are not matrices of the same shape.
    """
    pairs = [pair for arm in compared if (pair := pair_of(arm, address, against, seed)) is not None]
    if not pairs:
        raise InputError(f"seed: no recording that holds {address} has the seed {seed}")
    return pairs


def draw_cloud(axes: Axes, pair: Pair, row: int, label: str = "") -> None:
    """Each element of W against its element of Bᵀ, at one sample: grey circles at the first, green diamonds later."""
    assert pair.feedback is not None
    first = row == 0
    axes.scatter(
        pair.feedback[row].ravel(),
        pair.forward[row].ravel(),
        s=14,
        marker="o" if first else "D",
        edgecolors=GREY if first else GREEN,
        facecolors="none" if first else GREEN,
        linewidths=0.9,
        label=label,
        zorder=3,
    )


def draw_cross(axes: Axes) -> None:
    """Lines where the weights are 0."""
    axes.axhline(0.0, color=GREY, linewidth=0.5, zorder=0)
    axes.axvline(0.0, color=GREY, linewidth=0.5, zorder=0)


def angle_between(one: np.ndarray, other: np.ndarray) -> float:
    """The angle between two matrices taken as vectors, in degrees; nan where one of them is 0."""
    norms = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(np.degrees(np.arccos(np.clip((one * other).sum() / norms, -1.0, 1.0)))) if norms else float("nan")
