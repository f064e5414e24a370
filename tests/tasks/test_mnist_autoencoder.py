from __future__ import annotations

import numpy as np
import pytest

from neurosim.errors import InputError
from neurosim.tasks import Mnist, MnistAutoencoder

SMALL = {"training": 40, "tests": 15}


@pytest.mark.parametrize("bound", [0.9, 2.0])
def test_targets_are_the_images_between_the_bounds(small_mnist, bound):
    images, targets = MnistAutoencoder(bound=bound, **SMALL).test()
    stored = small_mnist.arrays["t10k-images-idx3-ubyte.gz"].reshape(15, 784)
    np.testing.assert_allclose(images, bound * (stored / 127.5 - 1), atol=1e-6)
    assert np.array_equal(images, targets)
    assert images.dtype == np.float32
    assert [images.min(), images.max()] == [-np.float32(bound), np.float32(bound)]


def test_trials_come_in_the_order_of_mnist(small_mnist):
    images, targets = MnistAutoencoder(**SMALL).trials(5, 30, 25)
    digits = Mnist(normalise="none", **SMALL).trials(5, 30, 25).inputs
    np.testing.assert_allclose(images, 0.9 * (2 * digits - 1), atol=1e-6)
    assert np.array_equal(images, targets)
    assert not np.shares_memory(images, targets)


def test_centred_inputs_are_the_images_minus_their_mean(small_mnist):
    plain, centred = MnistAutoencoder(**SMALL), MnistAutoencoder(centred=True, **SMALL)
    stored = small_mnist.arrays["train-images-idx3-ubyte.gz"].reshape(-1, 784)[:40].astype(np.float64)
    mean = 0.9 * (stored / 127.5 - 1).mean(axis=0)
    for one, other in ((plain.test(), centred.test()), (plain.trials(5, 30, 25), centred.trials(5, 30, 25))):
        np.testing.assert_allclose(other.inputs, one.inputs - mean, atol=1e-6)
        assert np.array_equal(other.targets, one.targets)
    shown = centred.training_set(40)
    np.testing.assert_allclose(shown.inputs.mean(axis=0), 0, atol=1e-6)
    assert not shown.inputs.flags.writeable
    assert not np.shares_memory(shown.inputs, shown.targets)


def test_that_only_true_or_false_is_taken():
    with pytest.raises(InputError, match="centred: expected true or false"):
        MnistAutoencoder(centred="yes")
