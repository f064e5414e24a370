from __future__ import annotations

import functools
import hashlib
import http.server
import os
import sys
import threading
import tracemalloc
from gzip import compress
from pathlib import Path

import numpy as np
import pytest

from neurosim.errors import DataError, EnvironmentFailure
from neurosim.tasks import Mnist, mnist

IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
SMALL = {"training": 40, "tests": 15}


@pytest.fixture
def server(small_mnist, monkeypatch):
    """A web server in the place of the owner's, with nothing on this machine yet."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(small_mnist.folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as served:
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        address = f"http://127.0.0.1:{served.server_address[1]}/"
        monkeypatch.setattr(mnist, "SOURCE", mnist.SOURCE._replace(url=address))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.delenv("NEUROSIM_DATA")
        yield small_mnist
        served.shutdown()
        thread.join()


def test_the_files_become_trials(small_mnist, no_sockets):
    x, y = Mnist(normalise="none", **SMALL).test()
    assert x.dtype == y.dtype == np.float32
    images = small_mnist.arrays["t10k-images-idx3-ubyte.gz"].reshape(15, 784)
    np.testing.assert_allclose(x, images / 255, rtol=1e-6)
    assert y.argmax(axis=1).tolist() == [t % 10 for t in range(15)]
    shown, _ = Mnist(normalise="none", **SMALL).trials(1, 0, 40)
    stored = small_mnist.arrays[IMAGES].reshape(40, 784)
    assert sorted(np.rint(shown * 255).tolist()) == sorted(stored.tolist())


def test_images_keep_their_labels(small_mnist):
    x, y = Mnist(normalise="none", **SMALL).trials(1, 30, 30)
    stored = small_mnist.arrays[IMAGES].reshape(40, 784).tolist()
    for image, target in zip(np.rint(x * 255).tolist(), y, strict=True):
        assert target.argmax() == small_mnist.arrays[LABELS][stored.index(image)]


def test_global_z_score(small_mnist):
    x = Mnist(**SMALL).trials(1, 0, 40).inputs
    assert abs(x.mean(dtype=float)) < 1e-6
    assert abs(x.std(dtype=float) - 1) < 1e-6
    stored = small_mnist.arrays[IMAGES]
    expected = (small_mnist.arrays["t10k-images-idx3-ubyte.gz"] - stored.mean()) / stored.std()
    np.testing.assert_allclose(Mnist(**SMALL).test().inputs, expected.reshape(15, 784), atol=1e-5)


def test_pixel_z_score_does_not_blow_up(small_mnist):
    x = Mnist(normalise="pixel", **SMALL).trials(1, 0, 40).inputs
    np.testing.assert_allclose(x.mean(axis=0, dtype=float), 0, atol=1e-5)
    np.testing.assert_allclose(x.std(axis=0, dtype=float)[2:], 1, atol=1e-5)
    assert (x[:, 0] == 0).all()
    assert np.abs(x[:, 1]).max() < 0.2


def test_fewer_images_and_other_targets(small_mnist):
    task = Mnist(on=0.9, off=0.1, normalise="none", training=12, tests=4)
    assert task.trials_per_pass == 12
    x, y = task.trials(1, 0, 24)
    assert len({row.tobytes() for row in x}) == 12
    assert sorted(np.unique(y).tolist()) == [float(np.float32(0.1)), float(np.float32(0.9))]
    assert len(task.test().inputs) == 4


def test_nothing_is_read_at_construction(monkeypatch, no_sockets):
    monkeypatch.setenv("NEUROSIM_DATA", "/nowhere")
    monkeypatch.setenv("NEUROSIM_OFFLINE", "1")
    task = Mnist()
    assert (task.inputs, task.outputs, task.trials_per_pass) == (784, 10, 60000)


def test_the_files_may_lie_in_the_folder_itself(small_mnist, monkeypatch, no_sockets):
    monkeypatch.setenv("NEUROSIM_DATA", str(small_mnist.folder))
    assert len(Mnist(**SMALL).test().inputs) == 15


def test_the_files_may_lie_in_the_cache(small_mnist, monkeypatch, no_sockets):
    small_mnist.cache.mkdir()
    small_mnist.folder.rename(small_mnist.cache / "mnist")
    monkeypatch.delenv("NEUROSIM_DATA")
    assert len(Mnist(**SMALL).test().inputs) == 15


def whole_file_cut(small):
    return compress(small.idx(small.arrays[IMAGES]))[:-100]


def elements_missing(small):
    return compress(small.idx(small.arrays[IMAGES])[:-1])


def elements_too_many(small):
    return compress(small.idx(small.arrays[IMAGES]) + b"\0")


def header_cut(small):
    return compress(small.idx(small.arrays[IMAGES])[:9])


def other_magic(small):
    return compress(b"\0\0\x0d\3" + small.idx(small.arrays[IMAGES])[4:])


def too_few_images(small):
    return compress(small.idx(small.arrays[IMAGES][:-1]))


def other_size_of_image(small):
    return compress(small.idx(small.arrays[IMAGES][:, :, :-1]))


def not_gzip(small):
    return small.idx(small.arrays[IMAGES])


def rotten_gzip(small):
    data = compress(small.idx(small.arrays[IMAGES]))
    return data[:10] + b"\x07" + data[11:]  # a block of a type that does not exist


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (whole_file_cut, "gzip"),
        (elements_missing, "expected 31360 bytes of data .* found 31359"),
        (elements_too_many, "found 31361"),
        (header_cut, "IDX"),
        (other_magic, "expected 00000803 at its start, found 00000d03"),
        (too_few_images, r"\(40, 28, 28\), found \(39, 28, 28\)"),
        (other_size_of_image, r"found \(40, 28, 27\)"),
        (not_gzip, "gzip"),
        (rotten_gzip, "gzip"),
    ],
)
def test_a_file_that_is_not_what_it_should_be(small_mnist, damage, told):
    small_mnist.write(IMAGES, damage(small_mnist))
    with pytest.raises(DataError, match=told) as caught:
        Mnist(**SMALL).test()
    assert IMAGES in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_label_that_is_no_digit(small_mnist):
    labels = small_mnist.arrays[LABELS].copy()
    labels[3] = 10
    small_mnist.write(LABELS, compress(small_mnist.idx(labels)))
    with pytest.raises(DataError, match=f"{LABELS}.*found 10"):
        Mnist(**SMALL).test()


@pytest.mark.parametrize("where", ["data", "cache"])
def test_a_damaged_file_is_named_with_both_checksums(small_mnist, monkeypatch, no_sockets, where):
    expected = mnist.SOURCE.files[IMAGES]
    whole = (small_mnist.folder / IMAGES).read_bytes()
    small_mnist.write(IMAGES, whole + b"x")
    found = mnist.SOURCE.files[IMAGES]
    mnist.SOURCE.files[IMAGES] = expected
    if where == "cache":
        small_mnist.cache.mkdir()
        small_mnist.folder.rename(small_mnist.cache / "mnist")
        monkeypatch.delenv("NEUROSIM_DATA")
    with pytest.raises(DataError) as caught:
        Mnist(**SMALL).test()
    assert all(part in str(caught.value) for part in (IMAGES, expected, found))
    assert expected != found


def test_the_error_is_told_again(small_mnist):
    small_mnist.write(IMAGES, b"rubbish", pinned=False)
    for _ in range(2):
        with pytest.raises(DataError):
            Mnist(**SMALL).test()


def test_offline_never_opens_a_socket(small_mnist, monkeypatch, no_sockets):
    (small_mnist.folder / LABELS).unlink()
    monkeypatch.setenv("NEUROSIM_OFFLINE", "1")
    with pytest.raises(EnvironmentFailure) as caught:
        Mnist(**SMALL).test()
    assert caught.value.exit_code == 4
    told = str(caught.value)
    source = mnist.SOURCE
    expected = (source.url + LABELS, source.files[LABELS], "NEUROSIM_DATA", "NEUROSIM_OFFLINE", str(small_mnist.folder))
    assert all(part in told for part in expected)
    assert IMAGES not in told


def test_online_and_no_network(small_mnist, monkeypatch):
    (small_mnist.folder / LABELS).unlink()
    monkeypatch.setattr(mnist, "SOURCE", mnist.SOURCE._replace(url="http://127.0.0.1:1/"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(EnvironmentFailure) as caught:
        Mnist(**SMALL).test()
    assert caught.value.exit_code == 4
    assert all(part in str(caught.value) for part in (LABELS, mnist.SOURCE.files[LABELS], "NEUROSIM_DATA"))


def test_without_pooch_the_extra_is_named(small_mnist, monkeypatch, no_sockets):
    (small_mnist.folder / LABELS).unlink()
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(EnvironmentFailure, match=r'pip install "neurosim\[data\]"') as caught:
        Mnist(**SMALL).test()
    assert "NEUROSIM_DATA" in str(caught.value)


def test_fetched_once_into_the_cache(server, monkeypatch):
    assert len(Mnist(**SMALL).test().inputs) == 15
    assert sorted(path.name for path in (server.cache / "mnist").iterdir()) == sorted(mnist.SOURCE.files)
    mnist.images.cache_clear()
    mnist._load.cache_clear()
    monkeypatch.setenv("NEUROSIM_OFFLINE", "1")
    assert len(Mnist(**SMALL).test().inputs) == 15


def test_fetched_by_md5(server):
    for name in mnist.SOURCE.files:
        mnist.SOURCE.files[name] = f"md5:{hashlib.md5((server.folder / name).read_bytes()).hexdigest()}"
    assert len(Mnist(**SMALL).test().inputs) == 15
    server.write(IMAGES, b"please log in", pinned=False)
    (server.cache / "mnist" / IMAGES).unlink()
    mnist.images.cache_clear()
    mnist._load.cache_clear()
    with pytest.raises(DataError, match=IMAGES):
        Mnist(**SMALL).test()


def test_fetching_the_wrong_thing(server):
    expected = mnist.SOURCE.files[IMAGES]
    server.write(IMAGES, b"please log in", pinned=False)
    with pytest.raises(DataError) as caught:
        Mnist(**SMALL).test()
    assert all(part in str(caught.value) for part in (IMAGES, expected))
    assert not (server.cache / "mnist" / IMAGES).exists()


def test_fetching_what_is_gone(server):
    (server.folder / IMAGES).unlink()
    with pytest.raises(EnvironmentFailure, match="404"):
        Mnist(**SMALL).test()


REAL = Path(os.environ.get("NEUROSIM_DATA", "/nowhere"))


@pytest.mark.skipif(
    not any((folder / IMAGES).is_file() for folder in (REAL, REAL / "mnist")),
    reason="NEUROSIM_DATA does not name a folder with the MNIST files",
)
def test_the_real_files(no_sockets):
    mnist.images.cache_clear()
    mnist._load.cache_clear()
    x, y = Mnist(normalise="none").test()
    assert x.shape == (10_000, 784)
    assert y.sum(axis=0).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    _, targets = Mnist(normalise="none").trials(1, 0, 60_000)
    assert targets.sum(axis=0).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    shift, scale = mnist._load(60_000, 10_000, "global")._statistics
    np.testing.assert_allclose([shift / 255, scale / 255], [0.1307, 0.3081], atol=5e-5)
    assert np.abs(Mnist(normalise="pixel").test().inputs).max() < 40


def test_a_file_that_unpacks_to_more_than_it_should_is_not_unpacked(small_mnist):
    small_mnist.write(IMAGES, compress(small_mnist.idx(small_mnist.arrays[IMAGES]) + bytes(300_000_000)))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="expected 31360 bytes of data"):
            Mnist(**SMALL).test()
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()
