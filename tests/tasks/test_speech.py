from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy.fft import dct

from neurosim.errors import EnvironmentFailure
from neurosim.tasks._data_set import Examples
from neurosim.tasks._speech import centres, duration, features, standardised

NOISE = np.random.default_rng(2).integers(-3000, 3000, 2000)


def mel(hertz):
    return 2595 * np.log10(1 + hertz / 700)


def triangles(rate, size):
    """26 filters over the bins of a spectrum of `size` points; their corners lie on whole bins."""
    corners = 700 * (10 ** (np.linspace(0, mel(rate / 2), 28) / 2595) - 1)
    bins = np.floor((size + 1) * corners / rate)
    at = np.arange(size // 2 + 1)
    rows = zip(bins, bins[1:], bins[2:], strict=False)
    return np.array(
        [np.clip(np.minimum((at - low) / (top - low), (high - at) / (high - top)), 0, None) for low, top, high in rows]
    )


def cepstra(samples, rate, length, stride, size):
    """13 MFCC, frame by frame, as the docstring of `features` says."""
    x = np.asarray(samples, float)
    x = np.concatenate([x[:1], x[1:] - 0.97 * x[:-1]])
    found = []
    for start in range(0, max(len(x) - length, 0) + stride, stride):
        if start and start - stride + length >= len(x):
            break  # the frame before reached the end
        frame = np.zeros(length)
        part = x[start : start + length]
        frame[: len(part)] = part
        power = np.abs(np.fft.rfft(frame * np.hamming(length), size)) ** 2 / size
        c = dct(np.log(triangles(rate, size) @ power), norm="ortho")[:13] * (1 + 11 * np.sin(np.pi * np.arange(13) / 22))
        c[0] = np.log(power.sum())
        found.append(c)
    return np.array(found)


def slopes(c):
    """Σ n (c_{t+n} − c_{t−n}) / 2 Σ n² by hand."""
    last = len(c) - 1
    at = lambda t: c[min(max(t, 0), last)]  # noqa: E731
    return np.array([sum(n * (at(t + n) - at(t - n)) for n in (1, 2)) / 10 for t in range(len(c))])


@pytest.mark.parametrize(
    ("rate", "window", "step", "size"), [(16_000, 25.0, 10.0, 512), (8_000, 25.0, 10.0, 512), (16_000, 40.0, 7.3, 1024)]
)
def test_features_by_their_formula(rate, window, step, size):
    static = cepstra(NOISE, rate, round(window * rate / 1000), round(step * rate / 1000), size)
    expected = np.hstack([static, slopes(static), slopes(slopes(static))])
    np.testing.assert_allclose(features(NOISE, rate, window, step, "x"), expected, atol=1e-9)


def test_a_recording_shorter_than_a_frame_is_one_frame():
    x = features(NOISE[:50], 16_000, 25.0, 10.0, "x")
    assert x.shape == (1, 39)
    np.testing.assert_allclose(x[0, 13:], 0, atol=1e-12)


def test_silence_is_finite():
    assert np.isfinite(features(np.zeros(1000, np.int16), 16_000, 25.0, 10.0, "x")).all()


def test_a_click_is_loudest_in_the_frame_in_whose_middle_it_is():
    samples = np.zeros(4000)
    samples[1000] = 10_000
    energy = features(samples, 16_000, 25.0, 10.0, "x")[:, 0]
    middles = centres(len(energy), 16_000, 25.0, 10.0)
    assert abs(middles[energy.argmax()] - 1000) <= 80


def test_standardised_by_the_training_set_alone():
    random = np.random.default_rng(3)
    training, tests = (random.normal([5.0, -300.0, 7.0], [2.0, 0.001, 1e-14], (n, 3)) for n in (40, 10))
    data = standardised("x", Examples(training, np.zeros(40, np.uint8)), Examples(tests, np.ones(10, np.uint8)), 2)
    x = data.trials(1, 0, 40, 1.0, 0.0).inputs
    np.testing.assert_allclose(x.mean(axis=0, dtype=float), 0, atol=1e-5)
    np.testing.assert_allclose(x.std(axis=0, dtype=float), [1, 1, 0], atol=1e-5)
    shown = data.test(1.0, 0.0).inputs
    assert shown.dtype == np.float32
    expected = (tests - training.mean(axis=0)) / np.array([*training.std(axis=0)[:2], 1])
    np.testing.assert_allclose(shown, expected, rtol=1e-4)


@pytest.mark.parametrize("wrong", [0.99, 1000.1, -5, float("nan"), True, "10"])
def test_a_duration_out_of_range(wrong):
    assert duration("step", wrong).address == "step"
    assert duration("step", 10) is duration("step", 1.0) is duration("step", 1000) is None


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "python_speech_features", None)
    with pytest.raises(EnvironmentFailure, match=r"the task 'x' needs python_speech_features.*pip install \"neurosim\[data\]\""):
        features(NOISE, 16_000, 25.0, 10.0, "the task 'x'")
