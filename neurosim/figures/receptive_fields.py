"""What neurons look for: their weights as images, before learning and after it in every arm (Supp. Fig. 5)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neurosim.errors import InputError, Problem
from neurosim.figures._arms import arms, require, seed_of, title_of
from neurosim.figures._style import FONT, SMALL, blank, entitle
from neurosim.figures._traces import count as short
from neurosim.parameters import Count
from neurosim.recording import Recording
from neurosim.seeding import stream

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BRIGHT = 99.5
"""Percentile of the sizes of all weights shown at which the greys end: a few large weights do not make the others pale."""

_GAP = 2
"""Pixels between two images."""


@dataclass(frozen=True, eq=False)
class Panel:
    """Images of the same units at one moment of one arm, [unit, side, side]."""

    label: str
    images: np.ndarray


def figure(
    recordings: Sequence[Recording],
    address: str = "input_to_hidden.weights",
    count: Count = 100,
    seed: int | None = None,
    title: str | None = None,
) -> Figure:
    """The weights onto each of some units as an image: before learning, and at the end of every arm.

    The first panel is the first arm at its first recorded trial, the others are each arm at its last. The units are chosen at
    random, once and for all; they are the same in all panels, in the same places. White is positive, black is negative; all
    panels share one scale of greys, symmetric about 0, that ends at the 99.5th percentile of the sizes of the weights shown.

    Args:
        recordings: one per arm and seed.
        address: the weights W[post, pre]; the presynaptic neurons are a square image, row by row.
        count: how many units are shown; all of them where there are no more.
        seed: which seed's recordings; unless said otherwise the first of each arm.
        title: unless said otherwise the scenario's.

    Raises:
        InputError: no recording holds the weights, nor this seed; they are no matrix, or the presynaptic neurons are no
            square; or arms have images of different sizes, or different numbers of units.

    Source: Supp. Fig. 5.
    """
    compared = arms(recordings)
    require(compared, address)
    of_seed = [(arm.label, _of_seed(arm.holding(address), seed)) for arm in compared]
    chosen = [(label, recording) for label, recording in of_seed if recording is not None]
    if not chosen:
        raise InputError([Problem("seed", f"no recording that holds {address} has the seed {seed}")])
    shown = _panels(chosen, address, count)
    return _drawn(shown, address, title_of(compared) if title is None else title)


def _of_seed(holding: Sequence[Recording], seed: int | None) -> Recording | None:
    """The recording of a seed, or the first; None where there is none."""
    return next((recording for recording in holding if seed is None or seed_of(recording) == seed), None)


def _panels(chosen: Sequence[tuple[str, Recording]], address: str, count: int) -> list[Panel]:
    """The first arm before learning, then every arm at the end."""
    found: list[Panel] = []
    for label, recording in chosen:
        series = recording[address]
        images = _images(series.values[[0, -1]], address)
        if not found:
            found.append(Panel(_when(int(series.trials[0])), images[0]))
        elif images.shape[1:] != found[0].images.shape:
            raise InputError(f"{address}: expected the shape {found[0].images.shape} in all arms, found {images.shape[1:]}")
        found.append(Panel(f"{label}\n{_when(int(series.trials[-1]))}", images[1]))
    units = _units(len(found[0].images), count)
    return [Panel(panel.label, panel.images[units]) for panel in found]


def _when(trial: int) -> str:
    return f"after {short(trial)} trials" if trial else "initial"


def _images(weights: np.ndarray, address: str) -> np.ndarray:
    """Matrices [moment, post, pre] as images [moment, post, side, side]."""
    if weights.ndim != 3:
        raise InputError([Problem(address, f"expected a matrix per trial, [post, pre], found the shape {weights.shape[1:]}")])
    side = math.isqrt(weights.shape[2])
    if side * side != weights.shape[2]:
        raise InputError([Problem(address, f"expected the presynaptic neurons of a square image, found {weights.shape[2]}")])
    return np.asarray(weights, np.float64).reshape(*weights.shape[:2], side, side)


def _units(population: int, count: int) -> np.ndarray:
    """Which units are shown, sorted: a random sample that is the same for every figure of as large a population."""
    if count >= population:
        return np.arange(population)
    return np.sort(stream(0, "receptive_fields.units").permutation(population)[:count])


def _drawn(shown: Sequence[Panel], address: str, title: str) -> Figure:
    """The panels side by side, with their scale of greys at the right."""
    drawn = blank((3.0 * len(shown) + 0.9, 3.3 + (0.3 if title else 0.0)), dpi=200, layout="constrained")
    sizes = np.abs(np.concatenate([panel.images.ravel() for panel in shown]))
    bright = float(np.percentile(sizes, BRIGHT)) or float(sizes.max()) or 1.0
    all_axes = [drawn.add_subplot(1, len(shown), index + 1) for index in range(len(shown))]
    for axes, panel in zip(all_axes, shown, strict=True):
        greys = axes.imshow(_mosaic(panel.images), cmap="gray", vmin=-bright, vmax=bright, interpolation="nearest")
        _bare(axes, panel.label)
    extend = "both" if sizes.max() > bright else "neither"
    bar = drawn.colorbar(greys, ax=all_axes, shrink=0.8, aspect=25, pad=0.02, extend=extend)
    bar.set_label(address, fontsize=FONT)
    bar.ax.tick_params(labelsize=SMALL)
    entitle(drawn, title)
    return drawn


def _mosaic(images: np.ndarray) -> np.ma.MaskedArray:
    """Images row by row in the smallest square that holds them all; gaps and empty places are masked."""
    across = math.isqrt(len(images) - 1) + 1
    down = -(-len(images) // across)
    cell = images.shape[-1] + _GAP
    mosaic = np.full((down * cell - _GAP, across * cell - _GAP), np.nan)
    for index, image in enumerate(images):
        row, column = (cell * place for place in divmod(index, across))
        mosaic[row : row + len(image), column : column + len(image)] = image
    return np.ma.masked_invalid(mosaic)


def _bare(axes: Axes, title: str) -> None:
    """Axes that show a picture and nothing else."""
    axes.set_axis_off()
    axes.set_title(title, fontsize=FONT)
