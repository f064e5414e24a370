"""Images that are another at every presentation: elastic distortions and translations, drawn by trial.

The scheme of Simard, Steinkraus & Platt (2003), Best practices for convolutional neural networks applied to visual
document analysis, which Lillicrap et al. (2016), Supp. Note 5, follow for MNIST.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from neurosim.errors import Problem
from neurosim.seeding import stream
from neurosim.tasks._task import finite, read_only, whole

_AT_ONCE = 64
"""So many images are worked on together: what lies between two steps then stays in the cache."""


@dataclass(frozen=True)
class Distortion:
    """Elastic distortions and translations of square images, one for each trial.

    out[r, c] = image(r + v[r, c], c + u[r, c]), between pixels by bilinear interpolation, and 0 outside of the image.
    Each of the fields is v = α (G_σ ∗ n) + s: n[r, c] ~ U[-1, 1] is noise, 0 outside of the image; G_σ is a Gaussian in two
    dimensions that sums to 1 and ends at 4σ; s is a whole number, each of -shift … shift equally likely. Nothing else is
    normalised: the fields of different trials have different lengths. Far from the edges α (G_σ ∗ n) has the SD
    α / (2 σ √(3π)), which is 1.4 pixels for α = 34, σ = 4; towards them it shrinks.

    Trial t is drawn from the stream of the run's seed, the name and t alone, and s does not depend on α.

    Args:
        name: names the random stream.
        side: pixels along each side of an image.
        elastic: α, in pixels; 0 for none.
        sigma: σ, in pixels.
        shift: the largest translation along each axis, in pixels.

    >>> distortion = Distortion("x.distortion", side=5, elastic=34.0)
    >>> images = np.arange(50).reshape(2, 25)
    >>> whole = distortion(images, seed=1, first=7)
    >>> bool((distortion(images[1:], seed=1, first=8) == whole[1:]).all())
    True
    """

    name: str
    side: int
    elastic: float = 0.0
    sigma: float = 4.0
    shift: int = 0

    def __call__(self, images: np.ndarray, seed: int, first: int) -> np.ndarray:
        """Images [count, side²] as trials `first`, `first + 1`, … show them, in float32; untouched without distortions.

        Args:
            images: one row per trial, in any units; 0 is what surrounds them.
            seed: the run's seed.
            first: number of the first trial.
        """
        if not (self.elastic or self.shift):
            return images
        shown = np.empty(images.shape, np.float32)
        for start in range(0, len(images), _AT_ONCE):
            part = images[start : start + _AT_ONCE].reshape(-1, self.side, self.side)
            fields = self.fields(seed, first + start, len(part))
            shown[start : start + len(part)] = displaced(part, fields).reshape(len(part), -1)
        return shown

    def fields(self, seed: int, first: int, count: int) -> np.ndarray:
        """The displacements [count, 2, side, side] of trials `first` … `first + count - 1`: along rows (v), columns (u)."""
        noise = np.empty((count, 2, self.side, self.side), np.float32)
        steps = np.empty((count, 2, 1, 1), np.float32)
        for row in range(count):
            random = stream(seed, self.name, first + row)
            steps[row, :, 0, 0] = random.integers(-self.shift, self.shift, 2, endpoint=True)
            if self.elastic:
                random.random(dtype=np.float32, out=noise[row])
        if not self.elastic:
            return np.broadcast_to(steps, noise.shape)
        noise *= 2
        noise -= 1
        smooth = smoothing(self.side, self.sigma)
        # A stack of products, each of one image's size: a trial has the same bits whatever it is asked for with.
        return np.float32(self.elastic) * (smooth @ noise @ smooth.T) + steps


def problems(elastic: float, sigma: float, shift: int, side: int) -> list[Problem | None]:
    """What is wrong with the parameters that every task with distortions has."""
    negative = Problem("elastic", f"expected a number of at least 0, found {elastic!r}")
    wrong = finite("elastic", elastic)
    return [
        wrong or (negative if elastic < 0 else None),
        finite("sigma", sigma, positive=True),
        whole("shift", shift, 0, side - 1),
    ]


@lru_cache(maxsize=16)
def smoothing(side: int, sigma: float) -> np.ndarray:
    """The matrix S[side, side] that smooths one axis: S n Sᵀ = G_σ ∗ n for an image n that is 0 outside, in float32."""
    from scipy.ndimage import gaussian_filter1d  # slow to import, and most tasks distort nothing

    rows = gaussian_filter1d(np.eye(side), sigma, axis=0, mode="constant", truncate=4.0)
    return read_only(rows.astype(np.float32))


def displaced(images: np.ndarray, fields: np.ndarray) -> np.ndarray:
    """out[r, c] = image(r + v[r, c], c + u[r, c]), bilinear between pixels and 0 outside of the image, in float32.

    Args:
        images: [count, side, side].
        fields: v and u, [count, 2, side, side], in pixels.

    >>> image = np.array([[[1.0, 2.0], [3.0, 4.0]]])
    >>> displaced(image, np.full((1, 2, 2, 2), 0.5)).tolist()
    [[[2.5, 1.5], [1.75, 1.0]]]
    """
    side = images.shape[-1]
    ringed = np.zeros((len(images), side + 2, side + 2), np.float32)
    ringed[:, 1:-1, 1:-1] = images
    place = np.arange(1, side + 1, dtype=np.float32)
    down, across_down = _cell(fields[:, 0] + place[:, None], side)
    right, across_right = _cell(fields[:, 1] + place, side)
    corner = down * (side + 2) + right + (np.arange(len(images)) * (side + 2) ** 2)[:, None, None]
    flat = ringed.ravel()
    above = _between(flat[corner], flat[corner + 1], across_right)
    below = _between(flat[corner + side + 2], flat[corner + side + 3], across_right)
    return _between(above, below, across_down)


def _cell(place: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """The ringed pixel before a place, and how far it is from there to the next; what is farther out lies on the ring."""
    place = np.clip(place, 0, side + 1)
    before = np.minimum(place.astype(np.intp), side)
    return before, place - before.astype(np.float32)


def _between(one: np.ndarray, other: np.ndarray, part: np.ndarray) -> np.ndarray:
    return one + part * (other - one)
