from __future__ import annotations

import sys
from gzip import compress

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from neurosim.errors import EnvironmentFailure
from neurosim.tasks import MnistOverPhotographs, mnist_over_photographs

datasets = pytest.importorskip("sklearn.datasets", reason="the photographs come with scikit-learn")
IMAGES = "t10k-images-idx3-ubyte.gz"
SMALL = {"training": 40, "tests": 15}


def bytes_of(task):
    return np.rint(task.test().inputs * 255).astype(int)


def test_every_image_is_its_digit_over_a_patch_of_a_photograph(small_mnist, no_sockets):
    digits = small_mnist.arrays[IMAGES]
    digits[:, :, 10:] = 0  # the patch shows from there on
    small_mnist.write(IMAGES, compress(small_mnist.idx(digits)))
    x, y = MnistOverPhotographs(normalise="none", **SMALL).test()
    assert y.argmax(axis=1).tolist() == [t % 10 for t in range(15)]
    for image, digit in zip(np.rint(x * 255).reshape(-1, 28, 28), digits, strict=True):
        patch = patch_that_shows(image[:, 10:])
        assert patch.std() >= 25
        np.testing.assert_array_equal(image, np.maximum(patch, digit))


def patch_that_shows(seen):
    """The only patch of the photographs whose right part is `seen`."""
    scenes = mnist_over_photographs.photographs()[:, :400]
    starts = np.argwhere((sliding_window_view(scenes, 18, axis=2) == seen[0]).all(axis=-1))
    patches = [mnist_over_photographs.photographs()[s, r : r + 28, c - 10 : c + 18] for s, r, c in starts if c >= 10]
    (found,) = (patch for patch in patches if np.array_equal(patch[:, 10:], seen))
    return found


def test_the_patches_are_the_tasks_own(small_mnist):
    one = MnistOverPhotographs(normalise="none", **SMALL)
    assert np.array_equal(bytes_of(one), bytes_of(MnistOverPhotographs(normalise="none", **SMALL)))
    other = MnistOverPhotographs(normalise="none", seed=1, **SMALL)
    assert not np.array_equal(bytes_of(one), bytes_of(other))
    shown = {row.tobytes() for row in one.trials(1, 0, 40).inputs}
    assert shown == {row.tobytes() for row in one.trials(2, 40, 40).inputs}


def test_an_image_keeps_its_patch_in_a_smaller_set(small_mnist):
    few = MnistOverPhotographs(normalise="none", training=5, tests=4)
    assert np.array_equal(bytes_of(few), bytes_of(MnistOverPhotographs(normalise="none", **SMALL))[:4])


def test_the_photographs_are_grey():
    scenes = mnist_over_photographs.photographs()
    assert (scenes.shape, scenes.dtype) == ((2, 427, 640), np.uint8)
    colours = np.stack(datasets.load_sample_images().images)
    np.testing.assert_array_equal(scenes, np.rint(colours.mean(axis=3)))


def test_smooth_places_are_not_used():
    scenes = np.full((1, 40, 60), 128, np.uint8)
    scenes[:, :, 40:] = np.random.default_rng(1).integers(0, 256, (1, 40, 20))
    places = mnist_over_photographs.textured(scenes)
    kept = {tuple(place) for place in places.tolist()}
    for row in range(13):
        for column in range(33):
            contrast = scenes[0, row : row + 28, column : column + 28].std()
            assert ((0, row, column) in kept) == (contrast >= 25)
    assert 0 < len(kept) < 13 * 33


def test_most_places_of_the_photographs_are_used():
    scenes = mnist_over_photographs.photographs()
    share = len(mnist_over_photographs.textured(scenes)) / (2 * 400 * 613)
    assert share > 0.3


def test_it_says_that_it_is_a_stand_in():
    for doc in (mnist_over_photographs.__doc__, MnistOverPhotographs.__doc__):
        assert "stand-in for" in doc


def test_without_scikit_learn_the_extra_is_named(small_mnist, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(EnvironmentFailure, match=r'pip install "neurosim\[data\]"'):
        MnistOverPhotographs(**SMALL).test()
