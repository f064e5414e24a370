from __future__ import annotations

import numpy as np
import pytest

from neurosim.errors import InputError
from neurosim.tasks import QuadraticMap


def test_against_a_loop() -> None:
    task = QuadraticMap(4, 3, seed=2)
    x, y = task.trials(seed=5, first=10, count=6)
    T = task.target_weights
    for row, answer in zip(x, y, strict=True):
        for k in range(3):
            assert answer[k] == pytest.approx(sum(T[k, i] * row[i] for i in range(4)) ** 2 - sum(T[k] ** 2), rel=1e-12)


def test_that_every_target_has_the_mean_zero() -> None:
    _, y = QuadraticMap(20, 20, tests=40_000).test()
    sd = y.std(axis=0)
    assert (np.abs(y.mean(axis=0)) < 5 * sd / np.sqrt(40_000)).all()
    assert np.square(QuadraticMap(200, 200).target_weights).sum(axis=1).mean() == pytest.approx(1, abs=0.05)


def test_that_sizes_are_checked() -> None:
    with pytest.raises(InputError, match="outputs"):
        QuadraticMap(3, 0)
