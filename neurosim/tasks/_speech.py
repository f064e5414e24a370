"""Speech as a recogniser hears it: mel-frequency cepstral coefficients with their first two differences, frame by frame."""

from __future__ import annotations

import math

import numpy as np

from neurosim.errors import Problem
from neurosim.tasks._data_set import DataSet, Examples
from neurosim.tasks._files import needs
from neurosim.tasks._task import finite, read_only

CEPSTRA = 13
FEATURES = 3 * CEPSTRA
_REACH = 2
"""A difference looks at so many frames on each side."""
_ROUNDING = 1e-9
"""A smaller SD of a logarithm is none."""
_LONGEST = 1000.0
"""ms."""


def features(samples: np.ndarray, rate: int, window: float, step: float, why: str) -> np.ndarray:
    """13 MFCC, their first differences and their second differences for every frame, [frames, 39] in float64.

    Pre-emphasis x_t − 0.97 x_{t−1}; frames under a Hamming window; the logarithms of the energies in 26 triangular filters at
    equal distances in mel from 0 to rate / 2; their discrete cosine transform (II, orthonormal), of which the first 13, raised
    by a sine of 22; the first replaced by the logarithm of the frame's energy. Differences are slopes over five frames:
    Δ_t = Σ n (c_{t+n} − c_{t−n}) / 2 Σ n², n = 1, 2, the ends repeated; ΔΔ those of Δ.

    Args:
        samples: [samples]; behind the last one the last frame is filled up with zeros.
        rate: samples per second.
        window, step: how long a frame is, and how far apart two frames begin, in ms; rounded to samples.
        why: who asks, for the message where python_speech_features is not installed.

    Raises EnvironmentFailure where it is not installed.
    """
    speech = needs("python_speech_features", why)
    length, stride = in_samples(window, rate), in_samples(step, rate)
    static = speech.mfcc(
        np.asarray(samples, np.float64),
        rate,
        winlen=length / rate,
        winstep=stride / rate,
        numcep=CEPSTRA,
        nfft=max(512, 1 << math.ceil(math.log2(length))),
        winfunc=np.hamming,
    )
    slopes = speech.delta(static, _REACH)
    return np.hstack([static, slopes, speech.delta(slopes, _REACH)])


def centres(frames: int, rate: int, window: float, step: float) -> np.ndarray:
    """The sample at the middle of each of so many frames.

    >>> centres(3, rate=16_000, window=25.0, step=10.0).tolist()
    [200, 360, 520]
    """
    return np.arange(frames) * in_samples(step, rate) + in_samples(window, rate) // 2


def in_samples(milliseconds: float, rate: int) -> int:
    """A duration in samples, rounded.

    >>> in_samples(25.0, 16_000)
    400
    """
    return round(milliseconds * rate / 1000)


def standardised(name: str, training: Examples, tests: Examples, classes: int) -> DataSet:
    """A data set of features in float32, each minus its mean and over its SD in the training set; what never varies becomes 0."""
    mean, sd = training.inputs.mean(axis=0, dtype=np.float64), training.inputs.std(axis=0, dtype=np.float64)
    sd[sd < _ROUNDING] = 1.0
    shown, held_out = (Examples(read_only(((x - mean) / sd).astype(np.float32)), labels) for x, labels in (training, tests))
    return DataSet(name, shown, held_out, classes, "none", top=1)


def duration(address: str, value: object) -> Problem | None:
    """What is wrong with a duration of 1 to 1000 ms, or None."""
    wrong = finite(address, value)
    if wrong or not 1 <= float(value) <= _LONGEST:  # type: ignore[arg-type]
        return wrong or Problem(address, f"expected from 1 to {_LONGEST:g} ms, found {value!r}")
    return None
