"""Distorted images, against closed forms and loops."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter, map_coordinates

from neurosim.errors import InputError
from neurosim.tasks import Mnist
from neurosim.tasks._distortion import Distortion, displaced, smoothing

RANDOM = np.random.default_rng(8)
IMAGES = RANDOM.integers(0, 256, (150, 784)).astype(np.uint8)
SMALL = {"training": 40, "tests": 15, "normalise": "none"}


def moved(image: np.ndarray, down: int, right: int) -> np.ndarray:
    """The image, so many pixels further down and to the right, with zeros where nothing comes from."""
    rolled = np.roll(np.pad(image, 28), (down, right), axis=(0, 1))
    return rolled[28:-28, 28:-28]


def test_without_distortions_images_stay_as_they_are():
    assert Distortion("x", 28)(IMAGES, 1, 0) is IMAGES
    still = displaced(IMAGES.reshape(-1, 28, 28), np.zeros((150, 2, 28, 28), np.float32))
    assert np.array_equal(still.reshape(150, 784), IMAGES)


def test_distortions_vanish_with_their_strength():
    shown = Distortion("x", 28, elastic=1e-4)(IMAGES, 1, 0)
    np.testing.assert_allclose(shown, IMAGES, atol=0.02)
    assert not np.array_equal(shown, IMAGES)


def test_a_shift_alone_is_a_roll_filled_with_zeros():
    distortion = Distortion("x", 28, shift=3)
    shown = distortion(IMAGES, seed=4, first=1000)
    steps = distortion.fields(4, 1000, 150)[:, :, 0, 0]
    assert set(np.unique(steps)) == {-3, -2, -1, 0, 1, 2, 3}
    for image, out, (v, u) in zip(IMAGES, shown, steps.astype(int), strict=True):
        assert np.array_equal(out.reshape(28, 28), moved(image.reshape(28, 28), -v, -u))


def test_shifts_are_equally_likely_along_both_axes():
    steps = Distortion("x", 4, shift=1).fields(1, 0, 4500)[:, :, 0, 0].astype(int)
    counts = np.bincount(3 * (steps[:, 0] + 1) + steps[:, 1] + 1, minlength=9)
    assert np.abs(counts - 500).max() < 4 * math.sqrt(500)


@pytest.mark.parametrize("shift", [(0.25, -0.5), (-1.75, 0.0), (27.5, 0.0), (40.0, 3.0), (-300.0, 1e6)])
def test_a_constant_field_moves_by_exactly_that(shift):
    down, right = (math.floor(step) for step in shift)
    below, beside = (step - math.floor(step) for step in shift)
    image = IMAGES[0].reshape(28, 28).astype(float)
    corners = [moved(image, -max(-29, min(down + d, 29)), -max(-29, min(right + r, 29))) for d in (0, 1) for r in (0, 1)]
    parts = [(1 - below) * (1 - beside), (1 - below) * beside, below * (1 - beside), below * beside]
    expected = sum(part * corner for part, corner in zip(parts, corners, strict=True))
    fields = np.broadcast_to(np.float32(shift)[None, :, None, None], (1, 2, 28, 28))
    np.testing.assert_allclose(displaced(image[None], fields)[0], expected, rtol=1e-5, atol=1e-3)


def test_any_field_is_bilinear_interpolation():
    fields = RANDOM.normal(0, 3, (5, 2, 28, 28)).astype(np.float32)
    shown = displaced(IMAGES[:5].reshape(-1, 28, 28), fields)
    for image, (v, u), out in zip(IMAGES[:5].reshape(-1, 28, 28), fields, shown, strict=True):
        places = np.indices((28, 28)) + np.stack([v, u])
        wide = np.pad(image.astype(float), 28)  # what SciPy does at the edge depends on its version
        np.testing.assert_allclose(out, map_coordinates(wide, places + 28, order=1), atol=2e-3)


@pytest.mark.parametrize("sigma", [0.5, 4.0, 20.0])
def test_smoothing_is_that_of_scipy(sigma):
    noise = RANDOM.uniform(-1, 1, (28, 28))
    smooth = smoothing(28, sigma)
    expected = gaussian_filter(noise, sigma, mode="constant", truncate=4.0)
    np.testing.assert_allclose(smooth @ noise @ smooth.T, expected, atol=1e-6)


def test_smoothing_is_a_gaussian_that_sums_to_1():
    smooth = smoothing(81, 4.0)
    bell = np.exp(-((np.arange(81) - 40) ** 2) / 32) * (np.abs(np.arange(81) - 40) <= 16)
    np.testing.assert_allclose(smooth[40], bell / bell.sum(), rtol=1e-5)
    assert smooth[40].sum() == pytest.approx(1, abs=1e-6)


def test_the_distribution_of_displacements():
    fields = Distortion("x", 28, elastic=34.0).fields(3, 0, 3000).astype(float)
    middle = fields[:, :, 14, 14]
    assert abs(middle.mean()) < 4 * 1.4 / math.sqrt(6000)
    weights = smoothing(28, 4.0).astype(float)[14]
    assert middle.std() == pytest.approx(34 / math.sqrt(3) * (weights @ weights), rel=0.04)
    assert middle.std() == pytest.approx(34 / (8 * math.sqrt(3 * math.pi)), rel=0.05)
    assert abs(np.corrcoef(middle.T)[0, 1]) < 4 / math.sqrt(3000)
    beside = np.corrcoef(fields[:, 0, 14, 14], fields[:, 0, 14, 18])[0, 1]  # a Gaussian twice is one of σ√2
    assert beside == pytest.approx(math.exp(-(4**2) / (4 * 4**2)), abs=0.05)


def test_displacements_are_proportional_to_alpha_and_shifts_do_not_depend_on_it():
    weak, strong = (Distortion("x", 28, elastic=alpha).fields(3, 5, 20) for alpha in (1.0, 30.0))
    np.testing.assert_allclose(strong, 30 * weak, rtol=1e-4, atol=1e-5)
    shifted, both = (Distortion("x", 28, elastic=alpha, shift=5).fields(3, 5, 20) for alpha in (0.0, 1e-6))
    np.testing.assert_allclose(both, shifted, atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(first=st.integers(0, 10**9), sizes=st.lists(st.integers(1, 70), min_size=1, max_size=3))
def test_the_same_distortions_however_the_calls_are_split(first, sizes):
    distortion = Distortion("x", 28, elastic=34.0, shift=2)
    images = np.resize(IMAGES, (sum(sizes), 784))
    starts = np.cumsum([0, *sizes])
    parts = [distortion(images[a:b], 1, first + int(a)) for a, b in pairwise(starts)]
    assert np.array_equal(np.concatenate(parts), distortion(images, 1, first))


def test_every_trial_seed_and_name_has_its_own():
    drawn = [
        Distortion(name, 28, elastic=34.0).fields(seed, trial, 1) for name, seed, trial in [("a", 1, 0), ("b", 1, 0), ("a", 2, 0)]
    ]
    drawn.append(Distortion("a", 28, elastic=34.0).fields(1, 1, 1))
    assert len({field.tobytes() for field in drawn}) == 4


@pytest.mark.parametrize(
    "wrong",
    [{"elastic": -1.0, "sigma": 0.0, "shift": 28}, {"elastic": math.nan, "sigma": "wide", "shift": 1.5}, {"elastic": math.inf}],
)
def test_all_wrong_parameters_are_told_at_once(small_mnist, wrong):
    with pytest.raises(InputError) as caught:
        Mnist(**SMALL, **wrong)
    assert {problem.address for problem in caught.value.problems} == set(wrong)
    assert all(repr(value) in str(caught.value) for value in wrong.values())


def test_mnist_shows_distorted_images_with_their_labels_and_tests_on_others(small_mnist):
    plain, distorted = Mnist(**SMALL), Mnist(**SMALL, elastic=34.0, shift=2)
    distortion = Distortion("mnist.distortion", 28, elastic=34.0, shift=2)
    seen, shown = plain.trials(3, 30, 60), distorted.trials(3, 30, 60)
    np.testing.assert_allclose(shown.inputs, distortion(seen.inputs, 3, 30), atol=1e-6)
    assert np.array_equal(seen.targets, shown.targets)
    assert np.array_equal(plain.test().inputs, distorted.test().inputs)


def test_normalisation_comes_after_distortion_and_goes_by_what_is_stored(small_mnist):
    given_as = {**SMALL, "normalise": "pixel"}
    standardised = Mnist(**given_as, shift=27).trials(1, 0, 40).inputs
    shares = Mnist(**SMALL, shift=27).trials(1, 0, 40).inputs
    stored, seen = Mnist(**SMALL).trials(1, 0, 40).inputs, Mnist(**given_as).trials(1, 0, 40).inputs
    pixel = 300
    scale = np.ptp(seen[:, pixel]) / np.ptp(stored[:, pixel])
    expected = (shares[:, pixel] - stored[:, pixel].mean(dtype=float)) * scale
    np.testing.assert_allclose(standardised[:, pixel], expected, atol=1e-4)
