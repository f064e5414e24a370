"""The angle: its data, its range, and one panel per population."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from neurosim.errors import InputError
from neurosim.figures import draw
from neurosim.recording import Quantity, Writer


def test_lines_are_medians_and_nothing_taught_is_no_line(runs):
    axes = draw("angle", runs).axes[0]
    lines = {line.get_label(): line for line in axes.lines if not line.get_label().startswith("_")}
    assert set(lines) == {"reinforcement", "feedback alignment", "backpropagation"}
    for label, line in lines.items():
        stacked = []
        for seed in (1, 2):
            with h5py.File(runs / label.replace(" ", "_") / f"seed_{seed}.h5") as file:
                stacked.append(file["hidden/angle/angle"][()])
        np.testing.assert_allclose(line.get_ydata(), np.median(stacked, axis=0), rtol=1e-12)


@pytest.mark.parametrize(("zoom", "top"), [(True, 95.0), (False, 180.0)])
def test_the_axis_is_the_whole_circle_or_up_to_95(runs, zoom, top):
    axes = draw("angle", runs, zoom=zoom).axes[0]
    assert axes.get_ylim()[1] == top
    assert "(°)" in axes.get_ylabel()
    assert any(set(line.get_ydata()) == {90.0} for line in axes.lines)


@pytest.mark.parametrize(("largest", "top"), [(95.0, 95.0), (96.0, 180.0)])
def test_it_zooms_where_all_angles_fit(tmp_path, largest, top):
    with Writer(tmp_path / "a.h5", [Quantity("hidden.angle", (0, 1))]) as writer:
        writer.write("hidden.angle", 0, largest)
        writer.write("hidden.angle", 1, np.nan)
    assert draw("angle", tmp_path).axes[0].get_ylim()[1] == top


def test_one_panel_per_population(tmp_path):
    with Writer(
        tmp_path / "a.h5", [Quantity("hidden1.angle", (0,)), Quantity("hidden2.angle", (0,)), Quantity("nse", (0,))]
    ) as writer:
        for address in ("hidden1.angle", "hidden2.angle"):
            writer.write(address, 0, 45.0)
    assert [axes.get_title() for axes in draw("angle", tmp_path).axes] == ["hidden1", "hidden2"]
    assert [axes.get_title() for axes in draw("angle", tmp_path, quantity="hidden2.angle").axes] == ["hidden2"]


def test_no_angle_is_an_error_that_names_what_there_is(by_hand):
    with pytest.raises(InputError, match=r"no recording holds an angle.*mse"):
        draw("angle", by_hand)
