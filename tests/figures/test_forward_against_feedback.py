"""W against the transpose of B, element by element, before and after learning."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import write

from neurosim.errors import InputError
from neurosim.figures import draw

RANDOM = np.random.default_rng(0)
FORWARD = RANDOM.normal(size=(2, 3, 5))
FEEDBACK = RANDOM.normal(size=(1, 5, 3))


@pytest.fixture
def once(tmp_path):
    """B is fixed and recorded once; the second seed has other weights."""
    for seed in (4, 2):
        series = {"hidden_to_output.weights": ((0, 100), FORWARD * seed), "error_to_feedback.weights": ((0,), FEEDBACK)}
        write(tmp_path / f"{seed}.h5", series, arm="feedback_alignment", arm_label="feedback alignment", seed=seed)
    return tmp_path


@pytest.mark.parametrize(("options", "seed"), [({}, 2), ({"seed": 4}, 4), ({"feedback": "error_to_feedback.weights"}, 2)])
def test_elements_of_w_stand_over_those_of_the_transposed_b(once, options, seed):
    panels = draw("forward_against_feedback", once, **options).axes
    assert len(panels) == 2
    for row, axes in enumerate(panels):
        (cloud,) = axes.collections
        expected = np.stack([FEEDBACK[0].T.ravel(), FORWARD[row].ravel() * seed], axis=1)
        np.testing.assert_allclose(cloud.get_offsets(), expected)
        r = np.corrcoef(*expected.T)[0, 1]
        assert [text.get_text() for text in axes.texts] == [f"r = {r:.2f}".replace("-", "−")]


def test_panels_say_when_and_which_arm_and_seed(once):
    before, after = draw("forward_against_feedback", once).axes
    assert before.get_title() == "feedback alignment, seed 2\nbefore learning"
    assert after.get_title() == "feedback alignment, seed 2\nafter 100 trials"
    assert (before.get_xlim(), before.get_ylim()) == (after.get_xlim(), after.get_ylim())


def test_real_recordings_show_the_arms_whose_feedback_is_recorded(runs):
    assert len(draw("forward_against_feedback", runs).axes) == 2


def test_weights_that_do_not_vary_have_no_correlation(tmp_path):
    series = {"hidden_to_output.weights": ((0,), np.zeros((1, 3, 5))), "error_to_feedback.weights": ((0,), FEEDBACK)}
    axes = draw("forward_against_feedback", write(tmp_path / "a.h5", series)).axes[0]
    assert axes.texts[0].get_text() == "r = nan"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"forward": "hidden_to_output.weight"}, "did you mean 'hidden_to_output.weights'"),
        ({"feedback": "error_to_feedbck.weights"}, "did you mean 'error_to_feedback.weights'"),
        ({"forward": "nse"}, "expected a matrix"),
        ({"feedback": "hidden_to_output.weights"}, "shape"),
        ({"seed": 9}, "seed 9"),
    ],
)
def test_what_does_not_fit_is_refused(runs, options, message):
    with pytest.raises(InputError, match=message):
        draw("forward_against_feedback", runs, **options)


def test_without_feedback_weights_there_is_nothing_to_compare(runs):
    with pytest.raises(InputError, match="feedback: no recording holds the feedback weights that mirror"):
        draw("forward_against_feedback", runs / "backpropagation")
