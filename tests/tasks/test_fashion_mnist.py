from __future__ import annotations

import hashlib
from gzip import compress

import numpy as np
import pytest

from neurosim.errors import DataError, EnvironmentFailure
from neurosim.tasks import FashionMnist, fashion_mnist

IMAGES, LABELS = "train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"
SMALL = {"training": 40, "tests": 15}


def test_the_files_become_trials(small_fashion, no_sockets):
    x, y = FashionMnist(normalise="none", on=0.9, off=-0.9, **SMALL).test()
    images = small_fashion.arrays["t10k-images-idx3-ubyte.gz"].reshape(15, 784)
    np.testing.assert_allclose(x, images / 255, rtol=1e-6)
    assert y.argmax(axis=1).tolist() == [t % 10 for t in range(15)]
    assert set(np.unique(y).tolist()) == {float(np.float32(0.9)), float(np.float32(-0.9))}


def test_a_file_is_recognised_by_its_md5(small_fashion, no_sockets):
    right = hashlib.md5((small_fashion.folder / IMAGES).read_bytes()).hexdigest()
    fashion_mnist.SOURCE.files[IMAGES] = f"md5:{right}"
    assert len(FashionMnist(**SMALL).test().inputs) == 15
    fashion_mnist.images.cache_clear()
    fashion_mnist._load.cache_clear()
    fashion_mnist.SOURCE.files[IMAGES] = f"md5:{'0' * 32}"
    with pytest.raises(DataError, match=f"expected md5:0+, found md5:{right}"):
        FashionMnist(**SMALL).test()


def test_two_data_sets_with_the_same_names_in_subfolders(small_fashion, no_sockets):
    for name in small_fashion.arrays:
        (small_fashion.folder.parent / name).write_bytes(b"MNIST's")
    assert len(FashionMnist(**SMALL).test().inputs) == 15


def test_the_files_of_mnist_are_not_taken_for_these(small_mnist, no_sockets):
    small_mnist.folder.rename(small_mnist.folder.parent / "fashion_mnist")
    with pytest.raises(DataError, match=r"another data set's.*expected md5:8d4fb7e6"):
        FashionMnist().test()


def test_a_wrong_shape(small_fashion):
    small_fashion.write(IMAGES, compress(small_fashion.idx(small_fashion.arrays[IMAGES][:, 1:])))
    with pytest.raises(DataError, match=r"\(40, 28, 28\), found \(40, 27, 28\)"):
        FashionMnist(**SMALL).test()


def test_a_wrong_label(small_fashion):
    small_fashion.write(LABELS, compress(small_fashion.idx(np.full(15, 11))))
    with pytest.raises(DataError, match=f"{LABELS}.*found 11"):
        FashionMnist(**SMALL).test()


def test_a_missing_file(small_fashion, no_sockets, monkeypatch):
    monkeypatch.setenv("NEUROSIM_OFFLINE", "1")
    (small_fashion.folder / LABELS).unlink()
    with pytest.raises(EnvironmentFailure) as caught:
        FashionMnist(**SMALL).test()
    told = str(caught.value)
    source = fashion_mnist.SOURCE
    places = (str(small_fashion.folder), str(small_fashion.cache / "fashion_mnist"))
    assert all(part in told for part in (source.url + LABELS, source.files[LABELS], "NEUROSIM_DATA", *places))
    assert IMAGES not in told
