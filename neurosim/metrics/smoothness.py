"""Whether the weights onto a neuron, seen as an image, have a shape: how much alike those of neighbouring pixels are."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from neurosim.metrics.look import Look, metric


@metric(of="projection")
def smoothness(look: Look, projection: str) -> float:
    """Autocorrelation, at a lag of one pixel, of the weights onto each neuron as an image; mean over neurons (Supp. Fig. 5).

    r = 2 Σ a b / Σ (a² + b²) over all pairs of pixels (a, b) that lie side by side or one above the other, after the mean of
    the image is taken off: 1 for an image that hardly varies from pixel to pixel, −1/(n − 1) on average for n pixels of
    independent weights. The presynaptic neurons are a square image, row by row. Of its s × s pixels a margin of ⌊s/7⌋ on each
    side is left out, where images such as MNIST's are nearly always blank and weights hardly learn: of 28 × 28 pixels the inner
    20 × 20 count. Of a `local_patch` projection the whole patch of each neuron counts, and nothing else.

    nan where the presynaptic neurons are no square of at least 2 × 2. Neurons whose weights are all alike are left out.
    """
    images = _receptive_fields(look, projection)
    if images is None or images.shape[-1] < 2:
        return float("nan")
    images = images - images.mean(axis=(1, 2), keepdims=True)
    alike, size = np.zeros(len(images)), np.zeros(len(images))
    for a, b in ((images[:, :, 1:], images[:, :, :-1]), (images[:, 1:], images[:, :-1])):
        alike += 2 * (a * b).sum(axis=(1, 2))
        size += (a * a + b * b).sum(axis=(1, 2))
    varies = size > 0
    return float((alike[varies] / size[varies]).mean()) if varies.any() else float("nan")


def _receptive_fields(look: Look, projection: str) -> np.ndarray | None:
    """The part of each postsynaptic neuron's image that counts, [post, side, side]; None where there is no image."""
    weights = np.asarray(look.arrays[f"{projection}.weights"], np.float64)
    side = math.isqrt(weights.shape[-1])
    if weights.ndim != 2 or side * side != weights.shape[-1]:
        return None
    images = weights.reshape(-1, side, side)
    connector = look.circuit.projections[projection].connector
    if connector.name == "local_patch":
        return _patches(images, connector.parameters["patch"])
    margin = side // 7
    return images[:, margin : side - margin, margin : side - margin]


def _patches(images: np.ndarray, patch: int) -> np.ndarray:
    """What each neuron of a `local_patch` projection sees, in the connector's order: maps, rows, columns."""
    units = np.arange(len(images))
    windows = sliding_window_view(images, (patch, patch), axis=(1, 2))
    row, column = np.divmod(units % (windows.shape[1] * windows.shape[2]), windows.shape[2])
    return windows[units, row, column]
