"""Receptive fields: the same units in every panel, in their places, on one scale of greys."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import write

from neurosim.errors import InputError
from neurosim.figures import draw

ADDRESS = "input_to_hidden.weights"
TRIALS = (0, 50, 20_000)


@pytest.fixture
def weights(tmp_path):
    """Two arms with two seeds each, of 30 neurons that see 6 x 6 pixels; the second arm has weights twice as large."""
    found = np.random.default_rng(0).normal(size=(2, 2, 3, 30, 36))
    found[1] *= 2
    for order, (arm, seeds) in enumerate(zip(("backpropagation", "feedback_alignment"), found, strict=True)):
        for seed, values in enumerate(seeds):
            told = {"arm": arm, "arm_label": arm.replace("_", " "), "arm_order": order, "seed": seed}
            write(tmp_path / f"{arm}_{seed}.h5", {ADDRESS: (TRIALS, values), "nse": (TRIALS, [3, 2, 1])}, **told)
    return tmp_path, found


def _shown(figure):
    """The pictures, without the scale."""
    return [axes.images[0] for axes in figure.axes if axes.images]


def _cells(picture, across, side=6):
    """The images of a mosaic, row by row, the empty places among them left out."""
    mosaic = np.asarray(picture.get_array().filled(np.nan))
    step = side + 2
    cells = [mosaic[r : r + side, c : c + side] for r in range(0, len(mosaic), step) for c in range(0, step * across, step)]
    return np.array([cell for cell in cells if not np.isnan(cell).any()])


def test_the_panels_are_the_first_arm_before_and_every_arm_after(weights):
    folder, values = weights
    figure = draw("receptive_fields", folder)
    expected = [values[0, 0, 0], values[0, 0, -1], values[1, 0, -1]]
    for picture, wanted in zip(_shown(figure), expected, strict=True):
        np.testing.assert_array_equal(_cells(picture, 6), wanted.reshape(30, 6, 6))
    titles = ["initial", "backpropagation\nafter 20k trials", "feedback alignment\nafter 20k trials"]
    assert [axes.get_title() for axes in figure.axes[:3]] == titles


def test_units_are_the_same_in_all_panels_and_in_every_figure(weights):
    folder, values = weights
    first, bp, fa = (_cells(picture, 3) for picture in _shown(draw("receptive_fields", folder, count=7)))
    everyone = values[0, 0, 0].reshape(30, 6, 6)
    units = [int(np.flatnonzero((everyone == image).all(axis=(1, 2)))[0]) for image in first]
    assert len(set(units)) == 7
    assert units == sorted(units)
    assert units != list(range(7))
    np.testing.assert_array_equal(bp, values[0, 0, -1, units].reshape(7, 6, 6))
    np.testing.assert_array_equal(fa, values[1, 0, -1, units].reshape(7, 6, 6))
    again = _shown(draw("receptive_fields", folder, count=7, seed=1))
    np.testing.assert_array_equal(_cells(again[2], 3), values[1, 1, -1, units].reshape(7, 6, 6))


def test_one_scale_of_greys_symmetric_about_0(weights):
    folder, values = weights
    pictures = _shown(draw("receptive_fields", folder))
    shown = np.stack([values[0, 0, 0], values[0, 0, -1], values[1, 0, -1]])
    assert {picture.get_clim() for picture in pictures} == {(-pictures[0].get_clim()[1], pictures[0].get_clim()[1])}
    assert pictures[0].get_clim()[1] == pytest.approx(np.percentile(np.abs(shown), 99.5))
    dark, middle, white = pictures[0].cmap([0.0, 0.5, 1.0])[:, 0]
    assert (dark, white) == (0.0, 1.0)
    assert middle == pytest.approx(0.5, abs=0.01)


def test_weights_that_are_all_zero_are_grey(tmp_path):
    path = write(tmp_path / "a.h5", {ADDRESS: ((10,), np.zeros((1, 1, 4)))})
    figure = draw("receptive_fields", path)
    assert _shown(figure)[0].get_clim() == (-1.0, 1.0)
    assert figure.axes[0].get_title() == "after 10 trials"


def test_what_does_not_fit_is_refused(weights, tmp_path):
    folder, _ = weights
    for options, message in [
        ({"address": "input_to_hiden.weights"}, f"did you mean '{ADDRESS}'"),
        ({"address": "nse"}, r"nse: expected a matrix per trial"),
        ({"seed": 9}, "seed: no recording that holds .* has the seed 9"),
        ({"count": 0}, "count"),
    ]:
        with pytest.raises(InputError, match=message):
            draw("receptive_fields", folder, **options)
    write(folder / "other.h5", {ADDRESS: ((0,), np.zeros((1, 30, 49)))}, arm="other")
    with pytest.raises(InputError, match=r"expected the shape \(30, 6, 6\) in all arms, found \(30, 7, 7\)"):
        draw("receptive_fields", folder)


def test_inputs_that_are_no_square_are_refused(tmp_path):
    path = write(tmp_path / "a.h5", {ADDRESS: ((0,), np.zeros((1, 3, 5)))})
    with pytest.raises(InputError, match="square image, found 5"):
        draw("receptive_fields", path)
