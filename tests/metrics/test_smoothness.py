"""The autocorrelation of receptive fields, against loops and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from neurosim.circuit.layered import layered
from neurosim.metrics import METRICS, Look

RANDOM = np.random.default_rng(4)


def smoothness(weights: np.ndarray, **connector: object) -> float:
    post, pre = weights.shape
    circuit = layered([pre, post, 1], feedback="none")
    if connector:
        circuit = circuit.replace({"input_to_hidden.connector": connector})
    look = Look(circuit, {"input_to_hidden.weights": weights}, np.zeros((1, pre)), np.zeros((1, 1)), lambda *_: {})
    return METRICS["smoothness"](look, "input_to_hidden")


def by_loops(image: np.ndarray) -> float:
    """2 Σ a b / Σ (a² + b²) over neighbours, one pair after the other."""
    image = image - image.mean()
    alike = size = 0.0
    for r, c in np.ndindex(*image.shape):
        for beside in ((r + 1, c), (r, c + 1)):
            if max(beside) < len(image):
                alike += 2 * image[r, c] * image[beside]
                size += image[r, c] ** 2 + image[beside] ** 2
    return alike / size


@pytest.mark.parametrize(("side", "margin"), [(2, 0), (6, 0), (8, 1), (28, 4), (32, 4)])
def test_it_is_the_mean_over_neurons_of_the_inner_image(side, margin):
    images = RANDOM.normal(0.3, 1, (3, side, side)).cumsum(axis=2)
    wanted = np.mean([by_loops(image[margin : side - margin, margin : side - margin]) for image in images])
    assert smoothness(images.reshape(3, -1)) == pytest.approx(wanted, rel=1e-10)


def test_independent_weights_have_none():
    found = smoothness(RANDOM.uniform(-1, 1, (1000, 784)))
    error = 1 / np.sqrt(1000 * 760)  # of a mean over 1000 images of 760 pairs
    assert found == pytest.approx(-1 / 399, abs=4 * error)


def test_a_smooth_image_has_nearly_1():
    noise = RANDOM.normal(size=(20, 28, 28))
    smooth = np.stack([gaussian_filter(image, 3.0) for image in noise])
    assert 0.9 < smoothness(smooth.reshape(20, -1)) < 1
    assert smoothness(smooth.reshape(20, -1) * 1e-6 + 5) == pytest.approx(smoothness(smooth.reshape(20, -1)), rel=1e-4)


def test_a_chessboard_has_minus_1():
    board = np.indices((28, 28)).sum(axis=0) % 2
    assert smoothness(board.reshape(1, -1).astype(float)) == pytest.approx(-1)


def test_pixels_at_the_edge_do_not_count():
    images = RANDOM.normal(size=(2, 28, 28))
    framed = images.copy()
    framed[:, :4] = framed[:, -4:] = framed[:, :, :4] = framed[:, :, -4:] = 7
    assert smoothness(framed.reshape(2, -1)) == smoothness(images.reshape(2, -1))


def test_of_a_local_patch_the_patch_counts():
    patches = RANDOM.normal(size=(2, 3, 3, 4, 4)).cumsum(axis=-1)  # two maps of 3 x 3 places on 6 x 6 pixels
    weights = np.zeros((2, 3, 3, 6, 6))
    for place in np.ndindex(2, 3, 3):
        _, row, column = place
        weights[place][row : row + 4, column : column + 4] = patches[place]
    wanted = np.mean([by_loops(patch) for patch in patches.reshape(-1, 4, 4)])
    found = smoothness(weights.reshape(18, 36), kind="local_patch", patch=4, maps=2)
    assert found == pytest.approx(wanted, rel=1e-10)


def test_neurons_whose_weights_are_alike_are_left_out():
    images = RANDOM.normal(size=(3, 16))
    images[1] = 0
    assert smoothness(images) == smoothness(images[[0, 2]])
    assert np.isnan(smoothness(np.zeros((3, 16))))


@pytest.mark.parametrize("weights", [RANDOM.normal(size=(3, 5)), RANDOM.normal(size=(3, 1))])
def test_that_where_there_is_no_image_there_is_nothing(weights):
    assert np.isnan(smoothness(weights))


def test_that_synapses_one_to_one_are_no_image():
    circuit = layered([4, 4, 1], feedback="none").replace({"input_to_hidden.connector": "one_to_one"})
    look = Look(circuit, {"input_to_hidden.weights": np.ones(4)}, np.zeros((1, 4)), np.zeros((1, 1)), lambda *_: {})
    assert np.isnan(METRICS["smoothness"](look, "input_to_hidden"))
