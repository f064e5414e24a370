from __future__ import annotations

import numpy as np
import pytest

from neurosim.errors import InputError
from neurosim.tasks import LinearMap


def test_moments_of_the_inputs():
    x = LinearMap().trials(seed=3, first=0, count=20_000).inputs
    n = x.size
    assert abs(x.mean()) < 5 / np.sqrt(n)
    assert abs((x**2).mean() - 1) < 5 * np.sqrt(2 / n)
    assert abs((x**4).mean() - 3) < 5 * np.sqrt(96 / n)
    covariance = np.cov(x.T)
    assert np.abs(covariance - np.eye(30)).max() < 6 * np.sqrt(2 / len(x))


def test_the_target_is_uniform_between_minus_one_and_one():
    T = LinearMap(200, 300, seed=4).target_weights
    assert T.shape == (300, 200)
    assert np.abs(T).max() <= 1
    assert T.min() < -0.99 and T.max() > 0.99
    assert abs(T.mean()) < 5 * np.sqrt(1 / 3 / T.size)
    assert abs((T**2).mean() - 1 / 3) < 5 * np.sqrt(4 / 45 / T.size)


def test_the_targets_are_the_map_without_bias():
    task = LinearMap(7, 3, seed=2)
    for x, y in (task.trials(5, 250, 20), task.test()):
        np.testing.assert_allclose(y, [task.target_weights @ row for row in x], atol=1e-12)


def test_the_map_hangs_on_the_tasks_seed_and_not_on_the_runs():
    assert np.array_equal(LinearMap(seed=1).target_weights, LinearMap(seed=1, tests=5).target_weights)
    assert not np.array_equal(LinearMap(seed=1).target_weights, LinearMap(seed=2).target_weights)
    assert not np.array_equal(LinearMap(seed=1).test().inputs, LinearMap(seed=2).test().inputs)
    one, other = LinearMap(seed=1).trials(8, 0, 4), LinearMap(seed=2).trials(8, 0, 4)
    assert np.array_equal(one.inputs, other.inputs)
    assert not np.array_equal(one.targets, other.targets)


def test_the_map_is_protected():
    assert not LinearMap().target_weights.flags.writeable


def test_size_of_the_test_set():
    assert len(LinearMap(tests=17).test().inputs) == 17
    assert LinearMap().trials_per_pass is None


def test_unit_vectors() -> None:
    task = LinearMap(4, 3, patterns="basis", seed=1)
    x, y = task.trials(seed=9, first=2, count=8)
    assert x.argmax(axis=1).tolist() == [2, 3, 0, 1, 2, 3, 0, 1]
    np.testing.assert_array_equal(x.T @ x, 2 * np.eye(4))
    np.testing.assert_array_equal(y, x @ task.target_weights.T)
    np.testing.assert_array_equal(task.test().inputs, np.eye(4))
    np.testing.assert_array_equal(task.test().targets, task.target_weights.T)
    assert task.trials_per_pass == 4
    np.testing.assert_array_equal(task.target_weights, LinearMap(4, 3, seed=1).target_weights)
    with pytest.raises(InputError, match="did you mean 'basis'"):
        LinearMap(4, 3, patterns="bases")
