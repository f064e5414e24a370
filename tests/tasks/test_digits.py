from __future__ import annotations

import sys

import numpy as np
import pytest

from neurosim.errors import EnvironmentFailure
from neurosim.tasks import Digits, digits

datasets = pytest.importorskip("sklearn.datasets", reason="the digits come with scikit-learn")


@pytest.fixture(scope="module")
def originals():
    return datasets.load_digits(return_X_y=True)


@pytest.mark.parametrize("tests", [360, 357, 100])
def test_the_split_is_disjoint_whole_and_stratified(originals, tests):
    labels = originals[1]
    training, held_out = digits.split(labels, tests)
    assert len(held_out) == tests
    assert sorted([*training, *held_out]) == list(range(1797))
    share = np.bincount(labels[held_out]) - tests * np.bincount(labels) / 1797
    assert np.abs(share).max() <= 1


def test_the_split_is_drawn_at_random(originals):
    _, held_out = digits.split(originals[1], 360)
    for digit in range(10):
        ranks = np.searchsorted(np.flatnonzero(originals[1] == digit), held_out[originals[1][held_out] == digit])
        assert np.diff(ranks).std() > 2  # gaps between chosen ones: geometric, mean 5 and SD 4.5; 0 if evenly spaced


def test_every_training_image_once_per_pass(originals):
    images, labels = originals
    task = Digits(normalise="none")
    assert task.trials_per_pass == 1437
    training, held_out = digits.split(labels, 360)
    expected = sorted(map(tuple, np.column_stack([images[training], labels[training]]).tolist()))
    for number in (0, 1, 5):
        x, y = task.trials(3, 1437 * number, 1437)
        assert sorted(map(tuple, np.column_stack([x * 16, y.argmax(axis=1)]).tolist())) == expected
    x, y = task.test()
    assert np.array_equal(x * 16, images[held_out])
    assert np.array_equal(y.argmax(axis=1), labels[held_out])


def test_a_batch_may_straddle_two_passes():
    task = Digits()
    straddling = task.trials(3, 1430, 20).inputs
    assert np.array_equal(straddling[:7], task.trials(3, 1430, 7).inputs)
    assert np.array_equal(straddling[7:], task.trials(3, 1437, 13).inputs)


def test_global_z_score(originals):
    x = Digits().trials(1, 0, 1437).inputs
    assert x.dtype == np.float32
    assert abs(x.mean(dtype=float)) < 1e-5
    assert abs(x.std(dtype=float) - 1) < 1e-5
    raw = originals[0][digits.split(originals[1], 360)[0]]
    test = (originals[0][digits.split(originals[1], 360)[1]] - raw.mean()) / raw.std()
    np.testing.assert_allclose(Digits().test().inputs, test, atol=1e-5)


def test_pixel_z_score(originals):
    x = Digits(normalise="pixel").trials(1, 0, 1437).inputs
    raw = originals[0][digits.split(originals[1], 360)[0]]
    sd, floor = raw.std(axis=0), 0.1 * raw.std()
    assert (sd == 0).sum() > 0
    np.testing.assert_allclose(x.mean(axis=0, dtype=float), 0, atol=1e-5)
    np.testing.assert_allclose(x.std(axis=0, dtype=float), sd / np.maximum(sd, floor), atol=1e-5)
    assert np.abs(Digits(normalise="pixel").test().inputs).max() < 30


def test_targets():
    y = Digits(on=0.9, off=-0.1).trials(1, 0, 200).targets
    assert set(np.unique(y).tolist()) == {float(np.float32(0.9)), float(np.float32(-0.1))}
    assert ((y > 0).sum(axis=1) == 1).all()


def test_without_scikit_learn_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    digits._images.cache_clear()
    digits._load.cache_clear()
    with pytest.raises(EnvironmentFailure, match=r'pip install "neurosim\[data\]"') as caught:
        Digits().test()
    assert caught.value.exit_code == 4
