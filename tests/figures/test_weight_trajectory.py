"""Weights against feedback weights: traces of small matrices, scatter plots of larger ones."""

from __future__ import annotations

import io

import h5py
import numpy as np
import pytest
from synthetic import write

from neurosim.errors import InputError
from neurosim.figures import draw


def _weights(path, group):
    with h5py.File(path) as file:
        return file[f"{group}/weights/weights"][()]


def test_each_synapse_is_a_trace_with_its_feedback_weight_dashed(by_hand):
    axes = draw("weight_trajectory", by_hand, time="trials").axes[0]
    solid = [line for line in axes.lines if line.get_linestyle() == "-"]
    dashed = [line for line in axes.lines if line.get_linestyle() == "--"]
    forward, feedback = _weights(by_hand, "hidden_to_output"), _weights(by_hand, "error_to_feedback")
    assert len(solid) == len(dashed) == 2
    for pre, (w, b) in enumerate(zip(solid, dashed, strict=True)):
        assert w.get_xdata().tolist() == list(range(0, 41, 4))  # W is sampled twice as often as B, which is held
        np.testing.assert_allclose(w.get_ydata(), forward[:, 0, pre], rtol=1e-6)
        np.testing.assert_allclose(b.get_ydata(), feedback[np.arange(11) // 2, pre, 0], rtol=1e-6)
        assert w.get_color() == b.get_color()


def test_larger_matrices_are_scatter_plots_before_and_after(runs):
    (axes,) = draw("weight_trajectory", runs, seed=2).axes
    path = runs / "feedback_alignment" / "seed_2.h5"
    forward, feedback = _weights(path, "hidden_to_output"), _weights(path, "error_to_feedback")
    assert axes.get_title() == "feedback alignment"
    for cloud, row in zip(axes.collections, (0, -1), strict=True):
        expected = np.stack([feedback[row].T.ravel(), forward[row].ravel()], axis=1)
        np.testing.assert_allclose(cloud.get_offsets(), expected, rtol=1e-6)


def test_traces_of_every_arm_on_demand(runs):
    assert [len(axes.lines) for axes in draw("weight_trajectory", runs, view="traces").axes] == [12] * 4


def test_without_feedback_weights_there_are_only_traces(runs):
    source = runs / "backpropagation"
    assert draw("weight_trajectory", source).axes[0].lines
    with pytest.raises(InputError, match="view"):
        draw("weight_trajectory", source, view="scatter")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"address": "hidden_to_output.weight"}, "did you mean 'hidden_to_output.weights'"),
        ({"against": "feedback.weights"}, "no recording holds it"),
        ({"against": "hidden_to_output.weights"}, "shape"),
        ({"address": "nse"}, "expected a matrix"),
        ({"seed": 9}, "seed 9"),
    ],
)
def test_what_does_not_fit_is_refused(runs, options, message):
    with pytest.raises(InputError, match=message):
        draw("weight_trajectory", runs, **options)


@pytest.fixture
def two_synapses(tmp_path):
    """Three seeds of an arm; the second passes (-4, -4) most closely, at its second sample."""
    for seed, end in ((1, -3.0), (2, -4.1), (3, -6.0)):
        way = np.array([[[0.15, -0.13]], [[end, end]], [[end - 1, end]]])
        series = {"hidden_to_output.weights": ((0, 4, 8), way), "error_to_feedback.weights": ((0,), [[[-3.75], [-4.53]]])}
        write(tmp_path / f"{seed}.h5", series, arm="feedback_alignment", arm_label="feedback alignment", seed=seed)
    return tmp_path


def test_a_point_shows_the_seed_that_passes_most_closely_in_a_plane(two_synapses):
    figure = draw("weight_trajectory", two_synapses, point=[-4.0, -4.0])
    (axes,) = figure.axes
    assert axes.get_title().splitlines() == [
        "feedback alignment, seed 2",
        "from (0.15, −0.13) to (−5.10, −4.10)",
        "closest (−4.10, −4.10) after 4 trials",
    ]
    way = next(line for line in axes.lines if len(line.get_xdata()) == 3)
    np.testing.assert_allclose(way.get_xydata(), [[0.15, -0.13], [-4.1, -4.1], [-5.1, -4.1]])
    assert [line.get_xydata().tolist() for line in axes.lines if line.get_marker() == "x"] == [[[-4.0, -4.0]]]
    assert "marked: (−4.00, −4.00)" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_a_plane_shows_where_b_points(two_synapses):
    (axes,) = draw("weight_trajectory", two_synapses, view="plane").axes
    assert axes.get_title().startswith("feedback alignment, seed 1\n")
    (arrow,) = [text for text in axes.texts if text.arrow_patch is not None]
    assert arrow.xy == (-3.75, -4.53)
    assert np.ptp(axes.get_xlim()) == pytest.approx(np.ptp(axes.get_ylim()))


def test_nothing_of_a_plane_is_clipped(two_synapses):
    figure = draw("weight_trajectory", two_synapses, point=[-4.0, -4.0])
    figure.savefig(io.BytesIO(), format="png")
    drawn, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert min(drawn.x0, drawn.y0, width - drawn.x1, height - drawn.y1) > -0.02


def test_a_seed_that_is_asked_for_is_shown_whatever_it_passes(two_synapses):
    (axes,) = draw("weight_trajectory", two_synapses, point=[-4.0, -4.0], seed=3).axes
    assert axes.get_title().startswith("feedback alignment, seed 3\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"point": [1.0]}, "point: expected two weights, found 1"),
        ({"point": [1.0, 2.0], "view": "traces"}, "point: is marked in the view 'plane' only"),
    ],
)
def test_a_point_has_two_weights_in_a_plane(two_synapses, options, message):
    with pytest.raises(InputError, match=message):
        draw("weight_trajectory", two_synapses, **options)


def test_a_plane_of_many_synapses_is_refused(runs):
    with pytest.raises(InputError, match=r"a plane shows two synapses; hidden_to_output\.weights has 12"):
        draw("weight_trajectory", runs, view="plane")
