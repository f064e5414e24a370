"""The histogram: counts over all units and seeds, before and after."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import write

from neurosim.errors import InputError
from neurosim.figures import draw

ADDRESS = "hidden_to_output.neuron_angles"
TRIALS = (0, 50, 100)


@pytest.fixture
def angles(tmp_path):
    """Two seeds of an arm: angles of 40 neurons, one of which is nan in the second seed."""
    found = np.random.default_rng(0).uniform(0, 180, (2, 3, 40))
    found[1, :, 7] = np.nan
    for seed, values in enumerate(found):
        series = {ADDRESS: (TRIALS, values), "nse": (TRIALS, [1.0, 0.5, 0.1])}
        write(tmp_path / f"{seed}.h5", series, {ADDRESS: "degree"}, arm="feedback_alignment", seed=seed)
    return tmp_path, found


def _counts(axes):
    return [patch.get_data().values for patch in axes.patches if patch.get_fill()]


def _expected(values, low, high, bins):
    finite = values[np.isfinite(values)]
    return np.histogram(finite, bins, (low, high))[0]


def test_counts_are_those_of_all_seeds_at_the_first_and_the_last_trial(angles):
    folder, values = angles
    (axes,) = draw("histogram", folder, address=ADDRESS).axes
    before, after = _counts(axes)
    np.testing.assert_array_equal(before, _expected(values[:, 0], 0, 180, 36))
    np.testing.assert_array_equal(after, _expected(values[:, 2], 0, 180, 36))
    assert before.sum() == 79
    assert axes.get_ylabel() == "number of units in 2 runs"


def test_angles_have_their_axis_and_a_line_at_90(angles):
    (axes,) = draw("histogram", angles[0], address=ADDRESS).axes
    assert axes.get_xlim() == (0.0, 180.0)
    assert axes.get_xticks().tolist() == [0, 45, 90, 135, 180]
    assert axes.get_xlabel() == f"{ADDRESS} (°)"
    assert [set(line.get_xdata()) for line in axes.lines] == [{90.0}]


def test_trials_bins_and_ends_can_be_chosen(angles):
    folder, values = angles
    options = {"trials": [50, 100, 0], "bins": 4, "low": 45.0, "high": 90.0, "label": "angle"}
    (axes,) = draw("histogram", folder, address=ADDRESS, **options).axes
    for counts, row in zip(_counts(axes), (1, 2, 0), strict=True):
        np.testing.assert_array_equal(counts, _expected(values[:, row], 45, 90, 4))
    assert axes.get_xlabel() == "angle"
    told = [text.get_text().partition(":")[0] for text in axes.get_legend().get_texts()]
    assert told == ["after 50 trials", "after 100 trials", "before learning"]


def test_without_a_unit_the_ends_are_those_of_the_numbers(runs):
    axes = draw("histogram", runs, address="hidden_to_output.weights").axes
    assert len(axes) == 4
    assert all(sum(_counts(one)[0]) == 2 * 12 for one in axes)  # two seeds of a 3 x 4 matrix


def test_unless_asked_it_is_the_first_quantity_of_many_numbers(runs):
    assert draw("histogram", runs).axes[0].get_xlabel() == "hidden.rate"


def test_numbers_that_are_all_alike_are_one_bin(tmp_path):
    path = write(tmp_path / "a.h5", {"weights": ((0,), np.full((1, 5), 2.0))})
    assert max(_counts(draw("histogram", path).axes[0])[0]) == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"address": "hidden_to_output.neuron_angle"}, f"did you mean '{ADDRESS}'"),
        ({"address": "nse"}, "nse: expected many numbers per trial"),
        ({"address": ADDRESS, "trials": [0, 60]}, "not recorded at trial 60; the nearest is 50"),
        ({"address": ADDRESS, "low": 100.0, "high": 50.0}, "low: expected a number below 50"),
        ({"address": ADDRESS, "bins": 0}, "bins"),
    ],
)
def test_what_does_not_fit_is_refused(angles, options, message):
    with pytest.raises(InputError, match=message):
        draw("histogram", angles[0], **options)


def test_where_nothing_has_many_numbers_it_says_so(tmp_path):
    path = write(tmp_path / "a.h5", {"nse": ((0,), [1.0])})
    with pytest.raises(InputError, match="many numbers per trial; they hold nse"):
        draw("histogram", path)
    path = write(tmp_path / "b.h5", {"angles": ((0,), np.full((1, 3), np.nan))})
    with pytest.raises(InputError, match="no finite number"):
        draw("histogram", path)
