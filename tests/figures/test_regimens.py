"""Regimens: a column per arm, a row per quantity, a trace per seed, and arrows for what learns alone."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from matplotlib.colors import same_color
from synthetic import write

from neurosim.errors import DataError, InputError
from neurosim.figures import draw
from neurosim.figures._style import BLACK, BLUE, RED

TRIALS = (0, 10, 20, 30, 40)
TURNS = [
    {"first": 0, "last": 10, "frozen": ["hidden_to_output"]},
    {"first": 10, "last": 20, "frozen": ["input_to_hidden.weights"]},
    {"first": 20, "last": 30, "frozen": ["hidden_to_output", "hidden"]},
    {"first": 30, "last": 40, "frozen": []},
]


def _values(order, seed):
    return np.array([1.0, 0.9, 0.5, 0.2, 0.1]) / (1 + order + seed)


@pytest.fixture
def regimens(tmp_path):
    for order, (arm, phases) in enumerate({"turns": TURNS, "at_once": [{"first": 0, "last": 40}], "silent": None}.items()):
        for seed in range(3):
            write(
                tmp_path / arm / f"{seed}.h5",
                {"hidden_to_output.trace": (TRIALS, -_values(order, seed)), "nse": (TRIALS, _values(order, seed))},
                arm=arm,
                arm_label=arm.replace("_", " "),
                arm_order=order,
                seed=seed,
                **({"phases": json.dumps(phases)} if phases else {}),
            )
    return tmp_path


def _traces(axes):
    return [line.get_ydata() for line in axes.lines if len(line.get_xdata()) == len(TRIALS)]


def _arrows(axes):
    return [text for text in axes.texts if text.arrow_patch is not None]


def test_every_seed_is_a_black_trace(regimens):
    figure = draw("regimens", regimens)
    assert len(figure.axes) == 6
    for place, axes in enumerate(figure.axes):
        row, order = divmod(place, 3)
        expected = [(1 if row else -1) * _values(order, seed) for seed in range(3)]
        np.testing.assert_allclose(_traces(axes), expected)
        assert all(same_color(line.get_color(), BLACK) for line in axes.lines if len(line.get_xdata()) == len(TRIALS))


def test_rows_share_their_axis_and_errors_are_logarithmic(regimens):
    axes = draw("regimens", regimens, quantities=["nse", "hidden_to_output.trace"]).axes
    assert [one.get_yscale() for one in axes] == ["log"] * 3 + ["linear"] * 3
    assert len({one.get_ylim() for one in axes[:3]}) == 1
    assert [one.get_title() for one in axes[:3]] == ["turns", "at once", "silent"]
    assert [one.get_xlabel() for one in axes] == [""] * 3 + ["trials"] * 3


def test_with_an_empty_list_no_axis_is_logarithmic(regimens):
    assert {one.get_yscale() for one in draw("regimens", regimens, log=[]).axes} == {"linear"}


@pytest.mark.parametrize("log", [[], ["nse"]])
def test_columns_may_have_axes_of_their_own(regimens, log):
    axes = draw("regimens", regimens, quantities=["nse"], log=log, shared=False).axes
    assert len({one.get_ylim() for one in axes}) == 3
    assert {one.get_yscale() for one in axes} == {"log" if log else "linear"}
    limited = draw("regimens", regimens, quantities=["nse"], shared=False, limits={"nse": [0.01, 1.0]}).axes
    assert {one.get_ylim() for one in limited} == {(0.01, 1.0)}


def test_own_axes_of_angles_have_one_line_at_90_each(runs):
    panels = draw("regimens", runs, quantities=["hidden.angle"], shared=False).axes
    assert [sum(set(line.get_ydata()) == {90.0} for line in axes.lines) for axes in panels] == [1] * len(panels)


def test_linear_panels_can_say_how_far_the_seeds_are_apart(regimens):
    axes = draw("regimens", regimens, variation=True).axes
    values = np.array([_values(0, seed) for seed in range(3)])
    part = values.std(axis=0, ddof=1).max() / values.mean(axis=0).max()
    assert [text.get_text() for text in axes[0].texts if text.get_text()] == [f"SD ≤ {part:.1%} of the peak"]
    assert not any(text.get_text() for row in axes[3:] for text in row.texts)


def test_one_seed_or_none_but_zeros_say_nothing_of_it(tmp_path, regimens):
    axes = draw("regimens", regimens / "silent" / "0.h5", variation=True, log=[]).axes
    for seed in range(2):
        write(tmp_path / "zeros" / f"{seed}.h5", {"nse": (TRIALS, np.zeros(5))}, arm="zeros", seed=seed)
    axes += draw("regimens", tmp_path / "zeros", variation=True).axes
    assert not any(one.texts for one in axes)


def test_a_row_of_angles_has_one_axis_with_a_line_at_90_in_every_column(runs):
    panels = draw("regimens", runs, quantities=["hidden.angle"], limits={"hidden.angle": [0.0, 100.0]}).axes
    assert {axes.get_ylim() for axes in panels} == {(0.0, 100.0)}
    assert all(any(set(line.get_ydata()) == {90.0} for line in axes.lines) for axes in panels)


def test_arrows_tell_what_learns_alone(regimens):
    turns, at_once, silent = draw("regimens", regimens).axes[:3]
    told = [(arrow.xyann[0], arrow.xy[0], arrow.arrow_patch.get_edgecolor()) for arrow in _arrows(turns)]
    assert [span[:2] for span in told] == [(0, 10), (10, 20), (20, 30)]
    assert all(same_color(found, wanted) for (_, _, found), wanted in zip(told, (BLUE, RED, BLUE), strict=True))
    assert not _arrows(at_once) and not _arrows(silent)


@pytest.mark.parametrize("log", [None, []])
def test_a_black_arrow_points_at_the_error_of_the_second_phase(regimens, log):
    *_, turns, at_once, silent = draw("regimens", regimens, log=log).axes
    (arrow,) = _arrows(turns)
    assert arrow.xy[0] == 25.0
    np.testing.assert_allclose(arrow.xy[1], np.interp(25.0, TRIALS, _values(0, 1)))
    assert not _arrows(at_once) and not _arrows(silent)


def test_other_projections_can_be_followed(regimens):
    figure = draw("regimens", regimens, first="hidden_to_output", second="input_to_hidden")
    colours = [arrow.arrow_patch.get_edgecolor() for arrow in _arrows(figure.axes[0])]
    assert all(same_color(found, wanted) for found, wanted in zip(colours, (RED, BLUE, RED), strict=True))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "only hidden_to_output learns",
        "only input_to_hidden learns",
    ]


def test_nothing_of_one_column_is_clipped(regimens):
    figure = draw("regimens", regimens / "turns")
    figure.savefig(io.BytesIO(), format="png")
    drawn, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert min(drawn.x0, drawn.y0, width - drawn.x1, height - drawn.y1) > -0.02


def test_without_phases_there_are_no_arrows_and_no_legend(runs):
    figure = draw("regimens", runs, quantities=["nse"])
    assert not any(_arrows(axes) for axes in figure.axes)
    assert not figure.legends


@pytest.mark.parametrize("phases", ["nonsense", "[1]", '[{"last": 3}]', "3"])
def test_phases_that_are_none_are_refused(tmp_path, phases):
    path = write(tmp_path / "a.h5", {"nse": ((0, 1), [1.0, 0.5])}, phases=phases)
    with pytest.raises(DataError, match="'phases' is not a list of phases"):
        draw("regimens", path)


def test_a_wrong_address_is_refused(regimens):
    with pytest.raises(InputError, match=r"did you mean 'hidden_to_output\.trace'"):
        draw("regimens", regimens, quantities=["hidden_to_output.tracee"])
    with pytest.raises(InputError, match=r"labels\.nsee.*did you mean 'nse'"):
        draw("regimens", regimens, labels={"nsee": "error"})
