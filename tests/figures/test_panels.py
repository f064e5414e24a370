"""Panels: one quantity each, with the axis that suits it, in the arms' colours or in a ramp."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from synthetic import write

from neurosim.errors import InputError
from neurosim.figures import draw
from neurosim.figures._ramp import ramp

TRIALS = (0, 10, 20)


def _arm(folder, index, nse, angle):
    return write(
        folder / f"{index}.h5",
        {"nse": (TRIALS, nse), "hidden.angle": (TRIALS, angle), "bias": (TRIALS, [-1.0, 0.0, 1.0])},
        {"hidden.angle": "degree"},
        arm=f"omega{index}",
        arm_label=f"ω = {index}",
        arm_order=index,
        seed=1,
    )


@pytest.fixture
def sweep(tmp_path):
    for index in range(3):
        _arm(tmp_path, index, np.array([1.0, 0.1, 0.01]) / (index + 1), [90.0, 40.0, 10.0 * index])
    return tmp_path


def test_each_panel_shows_its_quantity(sweep):
    left, right = draw("panels", sweep, quantities=["nse", "hidden.angle"]).axes
    for index in range(3):
        np.testing.assert_allclose(left.lines[index].get_ydata(), np.array([1.0, 0.1, 0.01]) / (index + 1))
    angles = [line.get_ydata() for line in right.lines if str(line.get_label()).startswith("ω")]
    np.testing.assert_allclose(angles, [[90.0, 40.0, 10.0 * index] for index in range(3)])


def test_errors_are_on_log_axes_and_angles_on_their_own(sweep):
    axes = draw("panels", sweep, quantities=["nse", "hidden.angle", "bias"]).axes
    assert [one.get_yscale() for one in axes] == ["log", "linear", "linear"]
    assert axes[1].get_ylim() == (-2.0, 95.0)
    assert axes[0].get_ylabel() == "normalised squared error (NSE)"
    assert axes[1].get_ylabel() == "hidden.angle (°)"
    assert axes[2].get_ylabel() == "bias"


def test_an_angle_above_95_needs_the_half_circle(tmp_path):
    _arm(tmp_path, 0, [1.0, 1.0, 1.0], [120.0, 90.0, 60.0])
    assert draw("panels", tmp_path, quantities=["hidden.angle"]).axes[0].get_ylim()[1] == 180.0


def test_an_outlier_that_is_not_drawn_needs_no_half_circle(tmp_path):
    for seed, angle in enumerate((120.0, 60.0, 60.0, 60.0, 60.0)):
        write(tmp_path / f"{seed}.h5", {"hidden.angle": (TRIALS, [angle] * 3)}, arm="a", seed=seed)
    assert draw("panels", tmp_path).axes[0].get_ylim()[1] == 95.0
    assert draw("panels", tmp_path, spread="extremes").axes[0].get_ylim()[1] == 180.0


def test_what_is_not_asked_for_is_every_number(runs):
    assert [one.get_ylabel() for one in draw("panels", runs).axes] == [
        "hidden.angle (°)",
        "loss L",
        "normalised squared error (NSE)",
    ]


def test_axes_can_be_named_limited_and_logarithmic_by_choice(sweep):
    options = {"log": ["hidden.angle"], "labels": {"nse": "error"}, "limits": {"nse": [0.0, 2.0]}}
    left, right = draw("panels", sweep, quantities=["nse", "hidden.angle"], **options).axes
    assert (left.get_yscale(), right.get_yscale()) == ("linear", "log")
    assert left.get_ylabel() == "error"
    assert left.get_ylim() == (0.0, 2.0)


def test_a_ramp_runs_from_blue_to_red_in_the_order_of_the_arms(sweep):
    figure = draw("panels", sweep, quantities=["nse"], colours="ramp")
    first, *_, last = [to_rgb(line.get_color()) for line in figure.axes[0].lines]
    assert first[2] > 2 * first[0]
    assert last[0] > 2 * last[2]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["ω = 0", "ω = 1", "ω = 2"]


@pytest.mark.parametrize("count", [1, 2, 9])
def test_neighbours_in_a_ramp_differ_without_colour(count):
    looks = ramp(count)
    assert len({look.colour for look in looks}) == count
    assert all(one.dashes != other.dashes for one, other in pairwise(looks))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quantities": ["nsee"]}, "nsee: no recording holds it.*did you mean 'nse'"),
        ({"quantities": ["hidden_to_output.weights"]}, "one number per trial"),
        ({"quantities": ["nse", "loss"], "log": ["nze"]}, r"log\.nze: is not shown.*did you mean 'nse'"),
        ({"labels": {"los": "L"}}, r"labels\.los.*did you mean 'loss'"),
        ({"limits": {"nse": [1.0]}}, r"limits\.nse: expected the lower and the upper end"),
        ({"limits": {"nse": [1.0, 0.5]}}, r"limits\.nse"),
        ({"colours": "rainbow"}, "'arms' or 'ramp'"),
    ],
)
def test_what_does_not_fit_is_refused(runs, options, message):
    with pytest.raises(InputError, match=message):
        draw("panels", runs, **options)
