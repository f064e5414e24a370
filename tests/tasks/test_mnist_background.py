from __future__ import annotations

import numpy as np
import pytest

from neurosim.errors import DataError, EnvironmentFailure
from neurosim.tasks import MnistBackground, mnist_background
from neurosim.tasks.mnist_background import LARGER, SMALLER


def test_the_files_become_trials(small_background, no_sockets):
    x, y = MnistBackground(normalise="none", tests=15).test()
    assert x.dtype == y.dtype == np.float32
    np.testing.assert_allclose(x, small_background.arrays[SMALLER][:, :784], rtol=1e-6)
    assert y.argmax(axis=1).tolist() == [t % 10 for t in range(15)]


def test_images_keep_their_labels(small_background):
    x, y = MnistBackground(normalise="none", tests=15).trials(1, 30, 30)
    stored = small_background.arrays[LARGER][:, :784]
    for image, target in zip(x, y, strict=True):
        assert target.argmax() == np.abs(stored - image).sum(axis=1).argmin() % 10


@pytest.mark.parametrize(("swapped", "training", "tests"), [(True, LARGER, SMALLER), (False, SMALLER, LARGER)])
def test_which_file_is_trained_on(small_background, swapped, training, tests):
    task = MnistBackground(swapped=swapped, normalise="none", tests=0)
    expected = small_background.arrays[training][:, :784].astype(np.float32)
    assert task.trials_per_pass == len(expected)
    assert sorted(task.trials(1, 0, len(expected)).inputs.tolist()) == sorted(expected.tolist())
    np.testing.assert_allclose(task.test().inputs, small_background.arrays[tests][:, :784], rtol=1e-6)


def test_fewer_images_and_other_targets(small_background):
    task = MnistBackground(on=0.9, off=-0.9, training=12, tests=4)
    assert task.trials_per_pass == 12
    x, y = task.trials(1, 0, 24)
    assert len({row.tobytes() for row in x}) == 12
    assert set(np.unique(y).tolist()) == {float(np.float32(0.9)), float(np.float32(-0.9))}
    assert len(task.test().inputs) == 4


def test_sizes_as_published(no_sockets):
    assert [MnistBackground(swapped=swapped).trials_per_pass for swapped in (True, False)] == [50_000, 12_000]


def put(row, column, value):
    def damage(table):
        table[row, column] = value
        return "\n".join(" ".join(map(str, row)) for row in table)

    return damage


def text(table):
    return put(0, 0, 0.5)(table)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (put(3, 5, 1.01), "pixels from 0 to 1, found .* to 1.01"),
        (put(3, 5, -0.1), "pixels from 0 to 1, found -0.1"),
        (put(3, 5, np.nan), "pixels from 0 to 1, found nan"),
        (put(3, 784, 10), "labels from 0 to 9, found 10"),
        (put(3, 784, 2.5), "labels from 0 to 9, found 2.5"),
        (put(3, 784, np.nan), "labels from 0 to 9, found nan"),
        (lambda table: text(table[:-1]), "expected 40 rows of 785 numbers, found 39 of 785"),
        (lambda table: text(table[:, 1:]), "expected 40 rows of 785 numbers, found 40 of 784"),
        (lambda table: text(table)[:-30], "not a table of numbers: .*row 40"),
        (lambda table: text(table).replace("0.5 ", "half ", 1), "not a table of numbers: .*half"),
        (lambda table: text(table).replace(" ", ","), "not a table of numbers"),
        (lambda table: "", "expected 40 rows of 785 numbers, found 0"),
        (lambda table: "bonne journée", "not a table of numbers"),
        (lambda table: "<html>", "not a table of numbers"),
    ],
)
def test_a_file_that_is_not_what_it_should_be(small_background, damage, told):
    written = damage(small_background.arrays[LARGER].copy())
    (small_background.folder / LARGER).write_text(written, encoding="utf-8")
    with pytest.raises(DataError, match=told) as caught:
        MnistBackground(tests=15).test()
    assert str(small_background.folder / LARGER) in str(caught.value)


@pytest.mark.parametrize("offline", [True, False])
def test_a_missing_file_is_never_fetched(small_background, no_sockets, monkeypatch, offline):
    (small_background.folder / LARGER).unlink()
    monkeypatch.setenv("NEUROSIM_OFFLINE", "1" if offline else "0")
    with pytest.raises(EnvironmentFailure) as caught:
        MnistBackground(tests=15).test()
    assert caught.value.exit_code == 4
    told = str(caught.value)
    published = "http://www.iro.umontreal.ca/~lisa/icml2007data/mnist_background_images.zip"
    places = (str(small_background.folder), str(small_background.cache / "mnist_background"))
    assert all(part in told for part in (LARGER, published, "no checksum is known", "NEUROSIM_DATA", *places))
    assert SMALLER not in told
    assert ("NEUROSIM_OFFLINE is set" in told) == offline


def test_a_file_that_cannot_be_read(small_background, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise OSError("input/output error")

    monkeypatch.setattr(mnist_background.np, "loadtxt", refuse)
    with pytest.raises(EnvironmentFailure, match=f"{SMALLER}: cannot be read"):
        MnistBackground(tests=15).test()
