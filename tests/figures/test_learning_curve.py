"""The learning curve: medians and spread over seeds, labels, and axes that survive zeros and nan."""

from __future__ import annotations

import io

import h5py
import numpy as np
import pytest

from neurosim.errors import InputError
from neurosim.figures import draw
from neurosim.figures._style import BLACK, CYAN, DARK_GREEN, GREEN, MAGENTA
from neurosim.recording import Quantity, Writer


def _values(folder, arm, address="nse"):
    stacked = []
    for path in sorted((folder / arm).glob("*.h5")):
        with h5py.File(path) as file:
            stacked.append(file[f"{address}/{address}"][()])
    return np.array(stacked)


def _write(path, values, trials=None, **attributes):
    trials = tuple(range(len(values))) if trials is None else trials
    with Writer(path, [Quantity("nse", trials, dtype="f8")], attributes) as writer:
        for trial, value in zip(trials, values, strict=True):
            writer.write("nse", trial, value)
    return path


def test_lines_are_medians_over_seeds(runs):
    axes = draw("learning_curve", runs).axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    assert list(lines) == ["shallow", "reinforcement", "feedback alignment", "backpropagation"]
    for label, line in lines.items():
        expected = np.sort(_values(runs, label.replace(" ", "_")), axis=0).mean(axis=0)  # of two seeds, the median is the mean
        np.testing.assert_allclose(line.get_ydata(), expected, rtol=1e-12)
        assert line.get_xdata().tolist() == [0, 10, 20, 30, 40]


@pytest.mark.parametrize(("spread", "low", "high"), [("quartiles", 0.25, 0.75), ("extremes", 0.0, 1.0)])
def test_the_shade_lies_between_two_quantiles(tmp_path, spread, low, high):
    values = np.random.default_rng(0).uniform(0.1, 1, (5, 4))
    for seed, row in enumerate(values):
        _write(tmp_path / f"{seed}.h5", row, circuit_name="a", seed=seed)
    (shade,) = draw("learning_curve", tmp_path, spread=spread).axes[0].collections
    corners = shade.get_paths()[0].vertices
    for trial in range(4):
        found = corners[corners[:, 0] == trial, 1]
        np.testing.assert_allclose([found.min(), found.max()], np.quantile(values[:, trial], [low, high]))


def test_seeds_are_drawn_one_by_one(runs):
    axes = draw("learning_curve", runs, spread="seeds").axes[0]
    assert len(axes.lines) == 4 * 3
    assert not axes.collections


def test_without_spread_there_are_medians_alone(runs):
    axes = draw("learning_curve", runs, spread="none").axes[0]
    assert len(axes.lines) == 4
    assert not axes.collections


ENDS = (0.5, 0.02, 0.001, np.nan)


@pytest.fixture
def some_solve(tmp_path):
    """Of the arm `a` two of four runs end at or below 0.02, of `b` none."""
    for arm, ends in (("a", ENDS), ("b", (0.5, 0.4))):
        (tmp_path / arm).mkdir()
        for seed, end in enumerate(ends):
            _write(tmp_path / arm / f"{seed}.h5", [1.0, end], arm=arm, seed=seed)
    return tmp_path


def test_the_line_can_be_of_the_runs_that_succeed(some_solve):
    figure = draw("learning_curve", some_solve, spread="seeds", solved=0.02)
    lines = {line.get_label(): line.get_ydata() for line in figure.axes[0].lines}
    np.testing.assert_allclose(lines["a (2 of 4 runs)"], [1.0, (0.02 + 0.001) / 2])
    assert np.isnan(lines["b (0 of 2 runs)"]).all()
    assert len(figure.axes[0].lines) == 4 + 2 + 2
    assert figure.legends[0].get_title().get_text() == "median of runs that end at ≤ 0.02"
    figure.savefig(io.BytesIO(), format="png")


def test_then_the_shade_is_theirs_too(some_solve):
    (shade,) = draw("learning_curve", some_solve, spread="extremes", solved=0.02).axes[0].collections
    assert shade.get_paths()[0].vertices[:, 1].min() == 0.001
    assert shade.get_paths()[0].vertices[shade.get_paths()[0].vertices[:, 0] == 1, 1].max() == 0.02


def test_unless_told_all_runs_count_and_the_legend_has_no_title(some_solve):
    figure = draw("learning_curve", some_solve)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b"]
    assert figure.legends[0].get_title().get_text() == ""


def test_one_seed_has_no_shade(runs):
    assert not draw("learning_curve", runs / "shallow" / "seed_1.h5").axes[0].collections


def test_title_and_axes_say_what_is_shown(runs):
    figure = draw("learning_curve", runs)
    axes = figure.axes[0]
    assert figure.get_suptitle() == "A small linear map"
    assert axes.get_xlabel() == "trials"
    assert "NSE" in axes.get_ylabel()
    assert axes.get_yscale() == "log"
    assert draw("learning_curve", runs, scale="linear", title="").axes[0].get_yscale() == "linear"


def test_every_arm_differs_without_colour(runs):
    patterns = {str(line._dash_pattern) for line in draw("learning_curve", runs).axes[0].lines}
    assert len(patterns) == 4


def test_controls_and_deep_arms_have_the_colours_of_the_paper(tmp_path):
    arms = {
        "backpropagation": BLACK,
        "feedback_alignment": GREEN,
        "backpropagation_deep": BLACK,
        "feedback_alignment_deep": DARK_GREEN,
        "backpropagation_frozen": CYAN,
        "feedback_alignment_frozen": MAGENTA,
    }
    for order, arm in enumerate(arms):
        _write(tmp_path / f"{arm}.h5", [1.0, 0.5], arm=arm, arm_order=order)
    lines = draw("learning_curve", tmp_path).axes[0].lines
    assert [line.get_color() for line in lines] == list(arms.values())
    assert len({str(line._dash_pattern) for line in lines}) == len(arms)


def test_passes_where_their_length_is_known(by_hand, runs):
    axes = draw("learning_curve", by_hand).axes[0]
    assert axes.get_xlabel() == "passes through the data"
    assert axes.lines[0].get_xdata()[-1] == 10
    assert draw("learning_curve", by_hand, time="trials").axes[0].lines[0].get_xdata()[-1] == 40
    with pytest.raises(InputError, match="time"):
        draw("learning_curve", runs, time="passes")


def test_seeds_meet_at_their_common_trials(tmp_path):
    _write(tmp_path / "1.h5", [1.0, 2.0, 3.0], (0, 10, 20), circuit_name="a", seed=1)
    _write(tmp_path / "2.h5", [5.0, 7.0], (0, 20), circuit_name="a", seed=2)
    (line,) = draw("learning_curve", tmp_path).axes[0].lines
    assert line.get_xdata().tolist() == [0, 20]
    assert line.get_ydata().tolist() == [3.0, 5.0]


def test_two_files_of_one_circuit_and_seed_are_two_lines(tmp_path):
    for name in ("slow", "fast"):
        _write(tmp_path / f"{name}.h5", [1.0, 0.5], circuit_name="a", seed=1)
    assert {line.get_label() for line in draw("learning_curve", tmp_path).axes[0].lines} == {"slow", "fast"}


@pytest.mark.parametrize("values", [[1.0, 0.0, np.nan, 0.5], [0.0, 0.0], [np.nan, np.nan], [-1.0, 2.0], [1.0]])
@pytest.mark.parametrize("seeds", [1, 3])
def test_zeros_and_nan_do_not_break_a_log_axis(tmp_path, values, seeds):
    for seed in range(seeds):
        _write(tmp_path / f"{seed}.h5", values, circuit_name="a", seed=seed)
    figure = draw("learning_curve", tmp_path)
    figure.savefig(io.BytesIO(), format="png")
    shown = [line.get_ydata() for line in figure.axes[0].lines]
    if figure.axes[0].get_yscale() == "log":
        assert all(np.all(np.isnan(y) | (y > 0)) for y in shown)


def test_an_address_that_nobody_holds_is_refused(runs):
    with pytest.raises(InputError, match=r"nsee: no recording holds it; they hold .*loss, nse; did you mean 'nse'"):
        draw("learning_curve", runs, quantity="nsee")
    with pytest.raises(InputError, match="one number per trial"):
        draw("learning_curve", runs, quantity="hidden_to_output.weights")


def test_a_legend_of_many_long_labels_leaves_room_for_the_lines(tmp_path):
    label = "feedback alignment, error_to_feedback.weights.bound = {}, hidden_to_output.weights.bound = 0.01"
    for seed in range(20):
        _write(tmp_path / f"{seed}.h5", [1.0, 0.5], arm=f"arm{seed}", arm_label=label.format(seed))
    figure = draw("learning_curve", tmp_path)
    figure.savefig(io.BytesIO())
    inside = figure.axes[0].get_window_extent()
    assert inside.width > 0.25 * figure.bbox.width
    assert figure.legends[0].get_window_extent().height <= figure.bbox.height


@pytest.mark.parametrize(("values", "told"), [([0.9, 0.05, 0.015], {"0.02", "0.04"}), ([1.0, 1e-3, 1e-6], set())])
def test_that_numbers_can_be_read_off_between_few_powers_of_ten(tmp_path, values, told):
    drawn = draw("learning_curve", _write(tmp_path / "a.h5", values))
    drawn.canvas.draw()
    written = {label.get_text() for label in drawn.axes[0].yaxis.get_minorticklabels()} - {""}
    assert told <= written
    assert bool(written) is bool(told)
