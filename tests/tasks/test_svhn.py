from __future__ import annotations

import numpy as np
import pytest
from small_files import mat

from neurosim.errors import DataError, EnvironmentFailure
from neurosim.tasks import Svhn, svhn

TRAIN, TEST, MORE = "train_32x32.mat", "test_32x32.mat", "extra_32x32.mat"
LABELS = np.arange(40, dtype=np.uint8)[:, None] % 10 + 1


def task(**parameters):
    return Svhn(**{"tests": 15, **parameters})


def grey(colours):
    """[image, pixel] of [row, column, channel, image], image by image."""
    return np.array([np.rint(colours[..., i].mean(axis=2)).ravel() for i in range(colours.shape[3])])


def test_the_files_become_trials(small_svhn, no_sockets):
    x, y = task(normalise="none").test()
    assert x.dtype == y.dtype == np.float32
    np.testing.assert_allclose(x, grey(small_svhn.arrays[TEST]) / 255, rtol=1e-6)
    assert y.argmax(axis=1).tolist() == [(t % 10 + 1) % 10 for t in range(15)]  # 10 is the digit 0


def test_images_keep_their_labels(small_svhn):
    x, y = task(normalise="none").trials(1, 30, 30)
    stored = grey(small_svhn.arrays[TRAIN]).tolist()
    for image, target in zip(np.rint(x * 255).tolist(), y, strict=True):
        assert target.argmax() == (stored.index(image) + 1) % 10


def test_the_additional_images_follow(small_svhn):
    wanted = [*grey(small_svhn.arrays[TRAIN]).tolist(), *grey(small_svhn.arrays[MORE]).tolist()]
    assert task(extra=True).trials_per_pass == 70
    x = task(extra=True, normalise="none").trials(1, 0, 70).inputs
    assert sorted(np.rint(x * 255).tolist()) == sorted(wanted)
    first = task(extra=True, normalise="none", training=45).trials(1, 0, 45).inputs
    assert sorted(np.rint(first * 255).tolist()) == sorted(wanted[:45])


def test_the_additional_file_is_needed_only_when_asked_for(small_svhn, no_sockets, monkeypatch):
    (small_svhn.folder / MORE).unlink()
    monkeypatch.setenv("NEUROSIM_OFFLINE", "1")
    assert len(task().test().inputs) == 15
    with pytest.raises(EnvironmentFailure, match=MORE):
        task(extra=True).test()


def test_images_are_kept_as_bytes(small_svhn):
    train, test = svhn.images(True)
    assert {array.dtype for array in (*train, *test)} == {np.dtype(np.uint8)}


def test_more_images_than_are_made_grey_at_once(small_svhn, monkeypatch):
    monkeypatch.setattr(svhn, "_AT_ONCE", 7)
    np.testing.assert_array_equal(svhn.images(False)[0].inputs, grey(small_svhn.arrays[TRAIN]))


def test_global_z_score_and_targets(small_svhn):
    x, y = task(on=0.9, off=-0.9).trials(1, 0, 40)
    assert abs(x.mean(dtype=float)) < 1e-5
    assert abs(x.std(dtype=float) - 1) < 1e-5
    assert set(np.unique(y).tolist()) == {float(np.float32(0.9)), float(np.float32(-0.9))}


def test_nothing_is_read_at_construction(monkeypatch, no_sockets):
    monkeypatch.setenv("NEUROSIM_DATA", "/nowhere")
    monkeypatch.setenv("NEUROSIM_OFFLINE", "1")
    assert (Svhn().trials_per_pass, Svhn(extra=True).trials_per_pass) == (73_257, 604_388)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda X: mat(X=X[..., :-1], y=LABELS), r"X: .*\(32, 32, 3, 40\), found uint8 of \(32, 32, 3, 39\)"),
        (lambda X: mat(X=X[..., 0, :], y=LABELS), r"X: .*found uint8 of \(32, 32, 40\)"),
        (lambda X: mat(X=X / 255, y=LABELS), "X: expected unsigned bytes .*found float64"),
        (lambda X: mat(X=X, y=LABELS[:-1]), r"y: .*\(40, 1\), found uint8 of \(39, 1\)"),
        (lambda X: mat(X=X, y=LABELS.T), r"y: .*found uint8 of \(1, 40\)"),
        (lambda X: mat(X=X, y=LABELS - 1), "y: expected labels from 1 to 10, found 0 to 9"),
        (lambda X: mat(X=X, y=LABELS + 1), "found 2 to 11"),
        (lambda X: mat(X=X), "there is no y"),
        (lambda X: mat(Z=X), "there is no X and no y"),
        (lambda X: b"", "not a whole MATLAB 5 file"),
        (lambda X: b"please log in " * 50, "not a whole MATLAB 5 file"),
        (lambda X: b"\x89HDF\r\n\x1a\n" + bytes(500), "not a whole MATLAB 5 file"),
    ],
)
def test_a_file_that_is_not_what_it_should_be(small_svhn, damage, told):
    small_svhn.write(TRAIN, damage(small_svhn.arrays[TRAIN]))
    with pytest.raises(DataError, match=told) as caught:
        task().test()
    assert TRAIN in str(caught.value)


@pytest.mark.parametrize("kept", [0.0005, 0.001, 0.0015, 0.003, 0.01, 0.3, 0.9, 0.999, 0.9999])
def test_a_file_cut_short(small_svhn, kept):
    whole = (small_svhn.folder / TRAIN).read_bytes()
    small_svhn.write(TRAIN, whole[: int(kept * len(whole))])
    with pytest.raises(DataError, match=TRAIN):
        task().test()


def test_a_damaged_file_is_named_with_both_checksums(small_svhn, no_sockets):
    small_svhn.write(TEST, b"rubbish", pinned=False)
    with pytest.raises(DataError, match=f"{TEST}.*damaged.*{svhn.SOURCE.files[TEST]}, found sha256:"):
        task().test()


def test_a_missing_file(small_svhn, no_sockets, monkeypatch):
    (small_svhn.folder / TEST).unlink()
    monkeypatch.setenv("NEUROSIM_OFFLINE", "1")
    with pytest.raises(EnvironmentFailure) as caught:
        task().test()
    assert caught.value.exit_code == 4
    places = (str(small_svhn.folder), str(small_svhn.cache / "svhn"))
    published = "http://ufldl.stanford.edu/housenumbers/test_32x32.mat"
    assert all(part in str(caught.value) for part in (published, svhn.SOURCE.files[TEST], "NEUROSIM_DATA", *places))
    assert TRAIN not in str(caught.value)
