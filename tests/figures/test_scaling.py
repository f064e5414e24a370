"""Scaling: the times that are drawn are those of the recordings."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import write

from neurosim.circuit.exchange import to_json
from neurosim.circuit.layered import layered
from neurosim.errors import InputError
from neurosim.figures import draw

TRIALS = tuple(range(0, 101, 10))


@pytest.fixture
def runs(tmp_path):
    """Arms a and b, two seeds each: nse falls linearly and is 0.2 at the trials 40 and 60, and 80 and never."""
    ends = {"a": (50, 75), "b": (100, 1000)}
    for arm, lengths in ends.items():
        for seed, length in enumerate(lengths):
            values = np.maximum(0.0, 1 - np.array(TRIALS) / length)
            circuit = to_json(layered([2 if arm == "a" else 4, 1], feedback="none", bias=False))
            write(
                tmp_path / arm / f"{seed}.h5", {"nse": (TRIALS, values)}, arm=arm, arm_order=ord(arm), seed=seed, circuit=circuit
            )
    return tmp_path


def test_times_and_their_medians(runs):
    (axes,) = draw("scaling", runs, reaches=0.2, against=[3.0, 6.0], label="size").axes
    first, second, medians, proportion = (line.get_xydata() for line in axes.lines)
    assert first.tolist() == [[3, 40], [3, 60]]
    assert second.tolist() == [[6, 80]]
    assert medians.tolist() == [[3, 50], [6, 80]]
    assert proportion.tolist() == [[3, 50], [6, 100]]
    slope = np.log(80 / 50) / np.log(2)
    assert axes.get_legend().get_texts()[0].get_text() == f"median, slope {slope:.2f}"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("size", "trials until nse ≤ 0.2")


def test_unless_told_it_is_against_the_synapses_and_to_where_every_arm_gets(runs):
    (axes,) = draw("scaling", runs).axes
    assert axes.lines[-1].get_xdata().tolist() == [
        layered([inputs, 1], feedback="none", bias=False).synapses() for inputs in (2, 4)
    ]
    assert axes.get_xlabel() == "synapses"
    assert axes.get_ylabel() == "trials until nse ≤ 0.45"


def test_arms_with_the_same_number_have_no_slope(runs):
    (axes,) = draw("scaling", runs, reaches=0.2, against=[3.0, 3.0]).axes
    assert axes.get_legend().get_texts()[0].get_text() == "median"


def test_that_nobody_gets_there_is_shown(runs):
    (axes,) = draw("scaling", runs, reaches=-1.0).axes
    assert [text.get_text() for text in axes.texts] == ["no run gets there"]
    assert not axes.lines


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"against": [1.0]}, "against: expected one number for each of the 2 arms, found 1"),
        ({"arms": ["a", "B"]}, "arms.B: no recording of this arm; there are a, b"),
        ({"against": [1.0, -2.0]}, "scaling.against.1: expected a number above 0, found -2"),
        ({"against": [0.0, 2.0]}, "scaling.against.0: expected a number above 0, found 0"),
        ({"quantity": "nsee"}, "did you mean 'nse'"),
    ],
)
def test_what_is_wrong_is_told(runs, options, told):
    with pytest.raises(InputError, match=told):
        draw("scaling", runs, **options)
