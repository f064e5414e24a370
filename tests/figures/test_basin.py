"""The basin: starts are coloured by where they end, whatever the closed form says."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import write

from neurosim.errors import InputError
from neurosim.figures import draw
from neurosim.theory.three_neurons import ThreeNeurons

A, W = "input_to_hidden.weights", "hidden_to_output.weights"


@pytest.mark.parametrize(("feedback", "target"), [(1.0, 1.0), (-2.0, 1.5)])
def test_starts_are_parted_by_their_ends(tmp_path, feedback, target):
    starts = np.random.default_rng(0).uniform(-2, 2, (2, 50))
    _, a, w = ThreeNeurons(feedback, target).trajectory(*starts, until=60.0, points=5)
    path = write(tmp_path / "a.h5", {A: (range(5), a), W: (range(5), w)})
    figure = draw("basin", path, feedback=feedback, target=target)
    good, bad = (collection.get_offsets() for collection in figure.axes[0].collections)
    ends_badly = np.sign(a[-1]) != np.sign(ThreeNeurons(feedback, target).endpoint(0.0, 0.0)[0])
    np.testing.assert_allclose(good, starts[:, ~ends_badly].T)
    np.testing.assert_allclose(bad, starts[:, ends_badly].T)
    assert figure.legends[0].get_texts()[1].get_text() == f"ends where eWBe < 0: {ends_badly.mean():.2%}"


def test_larger_networks_are_refused(tmp_path):
    path = write(tmp_path / "a.h5", {A: (range(2), np.zeros((2, 3, 2))), W: (range(2), np.zeros((2, 1, 3)))})
    with pytest.raises(InputError, match="expected one weight, or one per network"):
        draw("basin", path)
