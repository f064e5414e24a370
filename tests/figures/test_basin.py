"""The basin: starts are coloured by where they end, whatever the closed form says."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import write

from neurosim.errors import InputError
from neurosim.figures import draw
from neurosim.theory.three_neurons import ThreeNeurons


def _corners(collection):
    return np.array([path.vertices[:4] for path in collection.get_paths()]).reshape(-1, 4, 2)


def _centres(collection):
    return _corners(collection).mean(axis=1)


A, W = "input_to_hidden.weights", "hidden_to_output.weights"


@pytest.mark.parametrize(("feedback", "target"), [(1.0, 1.0), (-2.0, 1.5)])
def test_starts_are_parted_by_their_ends(tmp_path, feedback, target):
    starts = np.random.default_rng(0).uniform(-2, 2, (2, 50))
    _, a, w = ThreeNeurons(feedback, target).trajectory(*starts, until=60.0, points=5)
    path = write(tmp_path / "a.h5", {A: (range(5), a), W: (range(5), w)})
    figure = draw("basin", path, feedback=feedback, target=target)
    good, bad = (_centres(collection) for collection in figure.axes[0].collections)
    ends_badly = np.sign(a[-1]) != np.sign(ThreeNeurons(feedback, target).endpoint(0.0, 0.0)[0])
    np.testing.assert_allclose(good, starts[:, ~ends_badly].T)
    np.testing.assert_allclose(bad, starts[:, ends_badly].T)
    told = [text.get_text() for text in figure.legends[0].get_texts()]
    assert f"ends where eWBe < 0: {ends_badly.mean():.2%}" in told
    assert {"solutions, eWBe > 0", "solutions, eWBe < 0", "the same, unstable", "border in closed form"} <= set(told)


def test_starts_on_a_lattice_cover_the_plane(tmp_path):
    ticks = np.linspace(-2, 2, 41)
    starts = np.array(np.meshgrid(ticks, ticks)).reshape(2, -1)
    ends = [ThreeNeurons().endpoint(a, w) for a, w in starts.T]
    ways = np.stack([starts, np.array(ends).T], axis=1)
    axes = draw("basin", write(tmp_path / "a.h5", {A: (range(2), ways[0]), W: (range(2), ways[1])})).axes[0]
    corners = np.concatenate([_corners(collection) for collection in axes.collections])
    np.testing.assert_allclose(np.ptp(corners, axis=1), 0.1)
    assert len(corners) == len(starts.T)


def test_a_single_start_is_a_small_square(three_neurons):
    (square,) = [found for collection in draw("basin", three_neurons).axes[0].collections for found in _corners(collection)]
    np.testing.assert_allclose(np.ptp(square, axis=0), 0.1)


def test_larger_networks_are_refused(tmp_path):
    path = write(tmp_path / "a.h5", {A: (range(2), np.zeros((2, 3, 2))), W: (range(2), np.zeros((2, 1, 3)))})
    with pytest.raises(InputError, match="expected one weight, or one per network"):
        draw("basin", path)
